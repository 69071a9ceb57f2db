import { type ErrorCode, type ErrorDetails, isSlipwayError, SlipwayError } from '../platform/errors.ts';
import { codeOfStatus } from './code-of-status.ts';

/** The parts of an Azure SDK's RestError that are read, by shape: each SDK brings its own copy of the class. */
interface RestErrorLike {
  readonly statusCode?: number;
  readonly code?: string;
  /** What Storage says in a header only, as in answers to HEAD. */
  readonly details?: { readonly errorCode?: string };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

/** Whether the error is an answer with this status. */
export const hasStatus = (error: unknown, ...statuses: readonly number[]): boolean =>
  statuses.includes(restError(error).statusCode ?? 0);

/** The service's own code, as in `ContainerNotFound`. */
export const serviceCode = (error: unknown): string | undefined => {
  const { code, details } = restError(error);
  return code ?? details?.errorCode;
};

/**
 * An Azure SDK's error as ours, the original as its cause. What has no status never reached the service.
 *
 * @param operation - what was tried, as in `write blob`
 */
export const fromRestError = (error: unknown, operation: string, details: ErrorDetails = {}): SlipwayError => {
  if (isSlipwayError(error)) return error;
  const { statusCode, response } = restError(error);
  const code = serviceCode(error);
  const retryAfterMs = retryAfter(response?.headers?.get('retry-after'));
  const ours = statusCode === undefined ? codeWithoutStatus(error) : codeOfStatus(statusCode);
  return new SlipwayError(ours, `could not ${operation}${code === undefined ? '' : ` (${code})`}`, {
    cause: error,
    details: { ...details, ...(statusCode === undefined ? {} : { status: statusCode }) },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
};

const restError = (error: unknown): RestErrorLike => (error instanceof Error ? (error as Error & RestErrorLike) : {});

/** Sockets and name resolution fail with a RestError of their own; anything else is a defect. */
const codeWithoutStatus = (error: unknown): ErrorCode =>
  error instanceof Error && (error.name === 'RestError' || error.name === 'AbortError')
    ? 'TEMPORARILY_UNAVAILABLE'
    : 'INTERNAL_ERROR';

const retryAfter = (header: string | undefined): number | undefined => {
  const seconds = Number(header);
  return header === undefined || Number.isNaN(seconds) ? undefined : seconds * 1000;
};
