import { RestError } from '@azure/core-rest-pipeline';
import { describe, expect, it } from 'vitest';
import { fromRestError } from '../../../shared/azure/from-rest-error.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';

describe('an Azure SDK error', () => {
  it.each([
    [400, 'INVALID_PARAMETER_VALUE'],
    [401, 'PERMISSION_DENIED'],
    [403, 'PERMISSION_DENIED'],
    [404, 'RESOURCE_DOES_NOT_EXIST'],
    [408, 'TEMPORARILY_UNAVAILABLE'],
    [409, 'RESOURCE_CONFLICT'],
    [412, 'PRECONDITION_FAILED'],
    [413, 'PAYLOAD_TOO_LARGE'],
    [418, 'INTERNAL_ERROR'],
    [429, 'REQUEST_LIMIT_EXCEEDED'],
    [500, 'TEMPORARILY_UNAVAILABLE'],
    [503, 'TEMPORARILY_UNAVAILABLE'],
  ])('with status %i is %s', (statusCode, code) => {
    const cause = new RestError('no', { statusCode, code: 'TheirCode' });

    const error = fromRestError(cause, 'write blob', { container: 'c' });

    expect(error).toMatchObject({ code, cause, details: { container: 'c', status: statusCode } });
    expect(error.message).toBe('could not write blob (TheirCode)');
  });

  it('that never reached the service is temporary', () => {
    expect(fromRestError(new RestError('connect ECONNREFUSED'), 'x').code).toBe('TEMPORARILY_UNAVAILABLE');
  });

  it('of another kind is a defect', () => {
    expect(fromRestError(new TypeError('no'), 'x').code).toBe('INTERNAL_ERROR');
  });

  it('passes on how long to wait', () => {
    const cause = Object.assign(new Error('busy'), {
      statusCode: 429,
      response: { headers: { get: (name: string) => (name === 'retry-after' ? '7' : undefined) } },
    });

    expect(fromRestError(cause, 'x').retryAfterMs).toBe(7000);
  });

  it('that is ours already stays as it is', () => {
    const ours = new SlipwayError('INVALID_STATE', 'no');

    expect(fromRestError(ours, 'x')).toBe(ours);
  });
});
