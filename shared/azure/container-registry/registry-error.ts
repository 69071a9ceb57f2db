import * as z from 'zod';
import { type ErrorCode, isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { codeOfStatus } from '../code-of-status.ts';

const MAX_MESSAGE_LENGTH = 200;

const bodySchema = z.object({
  errors: z.array(z.object({ code: z.string(), message: z.string().optional() })).min(1),
});

/** By what the registry says itself, or else its status. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  MANIFEST_BLOB_UNKNOWN: 'INVALID_STATE',
  400: 'INVALID_STATE',
  404: 'RESOURCE_DOES_NOT_EXIST',
  405: 'NOT_IMPLEMENTED',
  501: 'NOT_IMPLEMENTED',
};

export interface Refused {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** What the registry wrote, or its beginning. */
  readonly body: string;
}

/**
 * A registry's refusal as our error, with the code and words of the registry.
 *
 * @param doing - what was tried, as in `store the manifest of models/heart`
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#error-codes
 */
export const fromRefusal = (doing: string, { status, retryAfter, body }: Refused): SlipwayError => {
  const said = saidIn(body);
  const registryCode = said?.code ?? '';
  const retryAfterMs = parseRetryAfter(retryAfter, Date.now());
  return new SlipwayError(
    CODES[registryCode] ?? CODES[status] ?? codeOfStatus(status),
    `the registry would not ${doing} (${status}${said === undefined ? '' : `, ${said.code}: ${said.message}`})`,
    {
      details: { status, ...(said === undefined ? {} : { registryCode: said.code }) },
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
};

const saidIn = (body: string): { readonly code: string; readonly message: string } | undefined => {
  try {
    const [first] = bodySchema.parse(JSON.parse(body)).errors;
    return first && { code: first.code.slice(0, 50), message: (first.message ?? '').slice(0, MAX_MESSAGE_LENGTH) };
  } catch {
    return undefined;
  }
};

/** Milliseconds of a Retry-After header, which is seconds or a date. */
export const parseRetryAfter = (header: string | undefined, nowMs: number): number | undefined => {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};

/** What another attempt may mend. */
export const isTransient = (error: unknown): boolean =>
  isSlipwayError(error) && (error.code === 'TEMPORARILY_UNAVAILABLE' || error.code === 'REQUEST_LIMIT_EXCEEDED');

export const hasStatus = (error: unknown, ...statuses: readonly number[]): boolean =>
  isSlipwayError(error) && statuses.includes(Number(error.details['status']));
