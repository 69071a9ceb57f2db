import { type ErrorCode, isSlipwayError, SlipwayError } from '../../platform/errors.ts';

/** Anything absent is INTERNAL_ERROR. 404, 409 and 412 are outcomes where they can happen, so here they are defects. */
const CODE_BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'PERMISSION_DENIED',
  403: 'PERMISSION_DENIED',
  408: 'TEMPORARILY_UNAVAILABLE',
  410: 'TEMPORARILY_UNAVAILABLE', // a partition is being moved
  413: 'PAYLOAD_TOO_LARGE',
  429: 'REQUEST_LIMIT_EXCEEDED',
  449: 'TEMPORARILY_UNAVAILABLE', // the service asks for the write again
  503: 'TEMPORARILY_UNAVAILABLE',
};

interface ServiceFailure {
  readonly code?: unknown;
  readonly retryAfterInMs?: unknown;
  readonly cause?: unknown;
}

/** The SDK wraps what a batch request threw. */
const innermost = (error: unknown): ServiceFailure => {
  const failure = (error ?? {}) as ServiceFailure;
  return failure.code === undefined && failure.cause !== undefined ? innermost(failure.cause) : failure;
};

const codeOf = (code: unknown): ErrorCode => {
  if (typeof code === 'number') return CODE_BY_STATUS[code] ?? 'INTERNAL_ERROR';
  // Text codes such as ECONNREFUSED or TimeoutError come from below HTTP: nobody answered.
  return typeof code === 'string' ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL_ERROR';
};

/** What the SDK threw, or the status of one operation of a batch, as our error; the original is its cause. */
export const toCosmosError = (cause: unknown, operation: string): SlipwayError => {
  if (isSlipwayError(cause)) return cause;
  const { code, retryAfterInMs } = innermost(cause);
  const status = typeof code === 'number' || typeof code === 'string' ? code : 'unknown';
  return new SlipwayError(codeOf(code), `documents ${operation} failed (${status})`, {
    cause,
    details: { operation, status },
    ...(typeof retryAfterInMs === 'number' ? { retryAfterMs: retryAfterInMs } : {}),
  });
};
