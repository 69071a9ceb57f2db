import * as z from 'zod';
import { badRequest } from '../cosmos-error.ts';

/** Longest sort values a token carries; the service's own limit for a whole token is 1 KB by default. */
const MAX_SORT_VALUE_CHARS = 1500;

const continuation = z.object({
  /** Rows given out so far: what TOP and LIMIT count. */
  taken: z.number().int().min(0),
  /** The last row given out: partition, document, and row within the document. */
  at: z.tuple([z.number(), z.number(), z.number()]).optional(),
  /** Its sort values. */
  sort: z.array(z.unknown()).optional(),
});

export type Continuation = z.infer<typeof continuation>;

/** A token for the `x-ms-continuation` header: printable ASCII. */
export const encodeContinuation = (value: Continuation): string => {
  const isShort = JSON.stringify(value.sort ?? []).length <= MAX_SORT_VALUE_CHARS;
  const kept = isShort ? value : { taken: value.taken };
  return Buffer.from(JSON.stringify(kept)).toString('base64url');
};

/** @throws CosmosError 400 for a token that is none of ours */
export const decodeContinuation = (token: string): Continuation => {
  try {
    return continuation.parse(JSON.parse(Buffer.from(token, 'base64url').toString()));
  } catch {
    throw badRequest('Invalid Continuation Token');
  }
};
