import { ZodError } from 'zod';

/** MLflow's own codes, so one value serves the REST body, the HTTP status and the retry table. */
export const ERROR_CODES = [
  'INVALID_PARAMETER_VALUE',
  'BAD_REQUEST',
  'UNAUTHENTICATED',
  'PERMISSION_DENIED',
  'RESOURCE_DOES_NOT_EXIST',
  'ENDPOINT_NOT_FOUND',
  'RESOURCE_ALREADY_EXISTS',
  'RESOURCE_CONFLICT',
  'PRECONDITION_FAILED',
  'PAYLOAD_TOO_LARGE',
  'INVALID_STATE',
  'NOT_IMPLEMENTED',
  'REQUEST_LIMIT_EXCEEDED',
  'TEMPORARILY_UNAVAILABLE',
  'INTERNAL_ERROR',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Identifiers only: details are logged and returned to callers, so never a payload or a secret. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean>>;

export interface ErrorOptions {
  readonly cause?: unknown;
  readonly details?: ErrorDetails;
  /** Lower bound for the next attempt in milliseconds. Read only when the code is retried. */
  readonly retryAfterMs?: number;
}

/** The one error that crosses a module boundary. Branch on `code`, never on the message. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** True for our error also when the class was bundled twice: by name and code, not `instanceof`. */
export const isSlipwayError = (error: unknown): error is SlipwayError =>
  error instanceof Error &&
  error.name === 'SlipwayError' &&
  (ERROR_CODES as readonly unknown[]).includes((error as { code?: unknown }).code);

/**
 * Any thrown value as our error. Input that does not match its schema is INVALID_PARAMETER_VALUE; what nobody expected
 * is INTERNAL_ERROR with the original as its cause.
 */
export const toSlipwayError = (cause: unknown): SlipwayError => {
  if (isSlipwayError(cause)) return cause;
  if (cause instanceof ZodError) {
    const where = cause.issues.map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`).join('; ');
    return new SlipwayError('INVALID_PARAMETER_VALUE', `does not match its schema at ${where}`, { cause });
  }
  return new SlipwayError('INTERNAL_ERROR', cause instanceof Error ? cause.message : textOf(cause), { cause });
};

/** Anything can be thrown, also what has no text. */
const textOf = (thrown: unknown): string => {
  try {
    return String(thrown);
  } catch {
    return `a thrown ${typeof thrown}`;
  }
};

/** HTTP status per code. MLflow's numbers, including 400 for a resource that already exists. */
export const HTTP_STATUS = {
  INVALID_PARAMETER_VALUE: 400,
  BAD_REQUEST: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  RESOURCE_DOES_NOT_EXIST: 404,
  ENDPOINT_NOT_FOUND: 404,
  RESOURCE_ALREADY_EXISTS: 400,
  RESOURCE_CONFLICT: 409,
  PRECONDITION_FAILED: 412,
  PAYLOAD_TOO_LARGE: 413,
  INVALID_STATE: 409,
  NOT_IMPLEMENTED: 501,
  REQUEST_LIMIT_EXCEEDED: 429,
  TEMPORARILY_UNAVAILABLE: 503,
  INTERNAL_ERROR: 500,
} as const satisfies Record<ErrorCode, number>;

/**
 * What an event or queue handler does with a failure.
 *
 * `retry`: throw, so that the host has it delivered again. `park`: store it with its reason and
 * acknowledge, because another delivery cannot help.
 */
export const ON_FAILURE = {
  INVALID_PARAMETER_VALUE: 'park',
  BAD_REQUEST: 'park',
  UNAUTHENTICATED: 'retry',
  // A new role assignment takes minutes to apply; that fix must not need a replay.
  PERMISSION_DENIED: 'retry',
  // Events overtake the writes that caused them: "not there" may mean "not there yet".
  RESOURCE_DOES_NOT_EXIST: 'retry',
  ENDPOINT_NOT_FOUND: 'park',
  RESOURCE_ALREADY_EXISTS: 'park',
  RESOURCE_CONFLICT: 'retry',
  PRECONDITION_FAILED: 'retry',
  PAYLOAD_TOO_LARGE: 'park',
  INVALID_STATE: 'park',
  NOT_IMPLEMENTED: 'park',
  REQUEST_LIMIT_EXCEEDED: 'retry',
  TEMPORARILY_UNAVAILABLE: 'retry',
  INTERNAL_ERROR: 'retry',
} as const satisfies Record<ErrorCode, 'retry' | 'park'>;
