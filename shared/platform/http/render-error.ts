import { type ErrorCode, HTTP_STATUS, type SlipwayError } from '../errors.ts';
import type { Dialect, HttpAnswer } from './route.ts';

/** Short human name per code: the `title` of a problem. */
const TITLES = {
  INVALID_PARAMETER_VALUE: 'A parameter has a wrong value',
  BAD_REQUEST: 'The request cannot be read',
  UNAUTHENTICATED: 'Credentials are missing or wrong',
  PERMISSION_DENIED: 'Not allowed',
  RESOURCE_DOES_NOT_EXIST: 'Does not exist',
  ENDPOINT_NOT_FOUND: 'No such route',
  RESOURCE_ALREADY_EXISTS: 'Exists already',
  RESOURCE_CONFLICT: 'Changed meanwhile',
  PRECONDITION_FAILED: 'Precondition failed',
  PAYLOAD_TOO_LARGE: 'Too large',
  INVALID_STATE: 'Not possible in this state',
  NOT_IMPLEMENTED: 'Not implemented',
  REQUEST_LIMIT_EXCEEDED: 'Too many requests',
  TEMPORARILY_UNAVAILABLE: 'Try again later',
  INTERNAL_ERROR: 'Something broke on our side',
} as const satisfies Record<ErrorCode, string>;

/**
 * An error as the caller gets it. What nobody expected is told as a constant text: its details are in the log under
 * the correlation id.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9457 for problems
 */
export const renderError = (error: SlipwayError, dialect: Dialect, correlationId: string): HttpAnswer => {
  const status = HTTP_STATUS[error.code];
  const message =
    error.code === 'INTERNAL_ERROR'
      ? `unexpected failure; the log has it under correlation id ${correlationId}`
      : error.message;
  const headers: Record<string, string> = {};
  if (error.retryAfterMs !== undefined) headers['Retry-After'] = String(Math.ceil(error.retryAfterMs / 1000));
  if (error.code === 'UNAUTHENTICATED') headers['WWW-Authenticate'] = 'Bearer realm="slipway", Basic realm="slipway"';

  if (dialect === 'mlflow') return { status, headers, json: { error_code: error.code, message } };
  const problem = {
    type: `urn:slipway:error:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: TITLES[error.code],
    status,
    detail: message,
    code: error.code,
    correlationId,
    ...(error.code === 'INTERNAL_ERROR' ? {} : { details: error.details }),
  };
  return { status, headers: { ...headers, 'Content-Type': 'application/problem+json' }, json: problem };
};
