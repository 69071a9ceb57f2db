import { createHash } from 'node:crypto';
import type { SqlQuerySpec } from '@azure/cosmos';
import * as z from 'zod';
import { SlipwayError } from '../../platform/errors.ts';

const pageToken = z.object({ query: z.string(), token: z.string().min(1) });

/** Tells queries apart, so that a token that comes back with another query is refused and not misread. */
const fingerprint = (partition: string | undefined, spec: SqlQuerySpec): string =>
  createHash('sha256')
    .update(JSON.stringify([partition ?? null, spec]))
    .digest('base64url')
    .slice(0, 16);

/** The service's token as one that may stand in a URL. */
export const encodePageToken = (partition: string | undefined, spec: SqlQuerySpec, token: string): string =>
  Buffer.from(JSON.stringify({ query: fingerprint(partition, spec), token })).toString('base64url');

/** @throws SlipwayError INVALID_PARAMETER_VALUE for a token that is not one of this query */
export const decodePageToken = (partition: string | undefined, spec: SqlQuerySpec, text: string): string => {
  const refused = (cause?: unknown): SlipwayError =>
    new SlipwayError('INVALID_PARAMETER_VALUE', 'the continuation does not belong to this query', { cause });
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch (cause) {
    throw refused(cause);
  }
  const { success, data } = pageToken.safeParse(parsed);
  if (!success || data.query !== fingerprint(partition, spec)) throw refused();
  return data.token;
};
