import type { ErrorCode } from '../platform/errors.ts';

const CODES: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_PARAMETER_VALUE',
  401: 'PERMISSION_DENIED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  408: 'TEMPORARILY_UNAVAILABLE',
  409: 'RESOURCE_CONFLICT',
  412: 'PRECONDITION_FAILED',
  413: 'PAYLOAD_TOO_LARGE',
  416: 'INVALID_PARAMETER_VALUE',
  422: 'INVALID_PARAMETER_VALUE',
  429: 'REQUEST_LIMIT_EXCEEDED',
};

/** What an Azure service's refusal with this status means to us; a status that nobody expects is INTERNAL_ERROR. */
export const codeOfStatus = (status: number): ErrorCode =>
  CODES[status] ?? (status >= 500 ? 'TEMPORARILY_UNAVAILABLE' : 'INTERNAL_ERROR');
