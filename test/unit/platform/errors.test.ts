import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import {
  ERROR_CODES,
  HTTP_STATUS,
  isSlipwayError,
  ON_FAILURE,
  SlipwayError,
  toSlipwayError,
} from '../../../shared/platform/errors.ts';

describe('errors', () => {
  it.each(ERROR_CODES)('%s has an HTTP status and a way to end a delivery', (code) => {
    expect(HTTP_STATUS[code]).toBeGreaterThanOrEqual(400);
    expect(HTTP_STATUS[code]).toBeLessThan(600);
    expect(['retry', 'park']).toContain(ON_FAILURE[code]);
  });

  it('never retries what the sender got wrong', () => {
    expect(ON_FAILURE.INVALID_PARAMETER_VALUE).toBe('park');
    expect(ON_FAILURE.PAYLOAD_TOO_LARGE).toBe('park');
  });

  it('retries what an earlier event may still create', () => {
    expect(ON_FAILURE.RESOURCE_DOES_NOT_EXIST).toBe('retry');
  });

  it('answers an existing resource with 400, as MLflow does', () => {
    expect(HTTP_STATUS.RESOURCE_ALREADY_EXISTS).toBe(400);
  });

  it('recognises an error of another copy of the class', () => {
    const copy = Object.assign(new Error('x'), { name: 'SlipwayError', code: 'INVALID_STATE' });

    expect(isSlipwayError(copy)).toBe(true);
    expect(isSlipwayError(Object.assign(new Error('x'), { name: 'SlipwayError', code: 'NO_SUCH' }))).toBe(false);
    expect(isSlipwayError(new Error('x'))).toBe(false);
  });

  it('keeps our own errors and wraps all others with their cause', () => {
    const own = new SlipwayError('INVALID_STATE', 'no');
    const foreign = new TypeError('boom');

    expect(toSlipwayError(own)).toBe(own);
    expect(toSlipwayError(foreign)).toMatchObject({ code: 'INTERNAL_ERROR', message: 'boom', cause: foreign });
    expect(toSlipwayError('text')).toMatchObject({ code: 'INTERNAL_ERROR', message: 'text' });
  });

  it('names every field of input that does not match its schema', () => {
    const { error } = z.object({ a: z.string(), b: z.object({ c: z.number() }) }).safeParse({ b: { c: 'x' } });

    const turned = toSlipwayError(error);

    expect(turned.code).toBe('INVALID_PARAMETER_VALUE');
    expect(turned.message).toMatch(/a: .*; b\.c: /);
  });
});
