import { describe, expect, it } from 'vitest';
import { ERROR_CODES, SlipwayError } from '../../../shared/platform/errors.ts';
import { renderError } from '../../../shared/platform/http/render-error.ts';

const TABLE = [
  ['INVALID_PARAMETER_VALUE', 400, 'A parameter has a wrong value', 'invalid-parameter-value'],
  ['BAD_REQUEST', 400, 'The request cannot be read', 'bad-request'],
  ['UNAUTHENTICATED', 401, 'Credentials are missing or wrong', 'unauthenticated'],
  ['PERMISSION_DENIED', 403, 'Not allowed', 'permission-denied'],
  ['RESOURCE_DOES_NOT_EXIST', 404, 'Does not exist', 'resource-does-not-exist'],
  ['ENDPOINT_NOT_FOUND', 404, 'No such route', 'endpoint-not-found'],
  ['RESOURCE_ALREADY_EXISTS', 400, 'Exists already', 'resource-already-exists'],
  ['RESOURCE_CONFLICT', 409, 'Changed meanwhile', 'resource-conflict'],
  ['PRECONDITION_FAILED', 412, 'Precondition failed', 'precondition-failed'],
  ['PAYLOAD_TOO_LARGE', 413, 'Too large', 'payload-too-large'],
  ['INVALID_STATE', 409, 'Not possible in this state', 'invalid-state'],
  ['NOT_IMPLEMENTED', 501, 'Not implemented', 'not-implemented'],
  ['REQUEST_LIMIT_EXCEEDED', 429, 'Too many requests', 'request-limit-exceeded'],
  ['TEMPORARILY_UNAVAILABLE', 503, 'Try again later', 'temporarily-unavailable'],
  ['INTERNAL_ERROR', 500, 'Something broke on our side', 'internal-error'],
] as const;

const UNEXPECTED = 'unexpected failure; the log has it under correlation id cor-1';

describe('renderError', () => {
  it('is tested for every code', () => {
    expect(TABLE.map(([code]) => code)).toEqual(ERROR_CODES);
  });

  it.each(TABLE)('tells %s as a problem with status %d', (code, status, title, type) => {
    const error = new SlipwayError(code, 'the model is gone', { details: { name: 'heart' } });
    const isInternal = code === 'INTERNAL_ERROR';

    expect(renderError(error, 'slipway', 'cor-1')).toMatchObject({
      status,
      headers: { 'Content-Type': 'application/problem+json' },
    });
    expect(renderError(error, 'slipway', 'cor-1').json).toEqual({
      type: `urn:slipway:error:${type}`,
      title,
      status,
      detail: isInternal ? UNEXPECTED : 'the model is gone',
      code,
      correlationId: 'cor-1',
      ...(isInternal ? {} : { details: { name: 'heart' } }),
    });
  });

  it.each(TABLE)('tells %s as MLflow does with status %d', (code, status) => {
    const error = new SlipwayError(code, 'the model is gone', { details: { name: 'heart' } });
    const answer = renderError(error, 'mlflow', 'cor-1');

    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({
      error_code: code,
      message: code === 'INTERNAL_ERROR' ? UNEXPECTED : 'the model is gone',
    });
  });

  it.each(['mlflow', 'slipway'] as const)('keeps what nobody expected out of the answer in %s', (dialect) => {
    const error = new SlipwayError('INTERNAL_ERROR', 'cannot connect with password hunter2', {
      cause: new Error('hunter2'),
      details: { connection: 'hunter2' },
    });

    expect(JSON.stringify(renderError(error, dialect, 'cor-1'))).not.toContain('hunter2');
  });

  it.each([
    [0, '0'],
    [1, '1'],
    [1_000, '1'],
    [1_001, '2'],
    [90_000, '90'],
  ])('turns a wait of %d ms into Retry-After: %s', (retryAfterMs, seconds) => {
    const error = new SlipwayError('REQUEST_LIMIT_EXCEEDED', 'slow down', { retryAfterMs });

    for (const dialect of ['mlflow', 'slipway'] as const) {
      expect(renderError(error, dialect, 'cor-1').headers).toMatchObject({ 'Retry-After': seconds });
    }
  });

  it.each(ERROR_CODES)('names the ways to authenticate for UNAUTHENTICATED only: %s', (code) => {
    const { headers } = renderError(new SlipwayError(code, 'no'), 'mlflow', 'cor-1');

    expect(headers).toEqual(
      code === 'UNAUTHENTICATED' ? { 'WWW-Authenticate': 'Bearer realm="slipway", Basic realm="slipway"' } : {},
    );
  });
});
