import { expect } from 'vitest';
import type { Reply } from './http-call.ts';

/** A refusal of MLflow's API: status, code, and words for a person. */
export const expectMlflowError = ({ status, json }: Reply, wanted: number, code: string): void => {
  expect(json).toEqual({ error_code: code, message: expect.stringMatching(/\w/) });
  expect(status).toBe(wanted);
};

/** A refusal of our own API: an RFC 9457 problem. */
export const expectProblem = ({ status, json, headers }: Reply, wanted: number, code: string): void => {
  expect(json).toMatchObject({ code, status: wanted, detail: expect.stringMatching(/\w/) });
  expect(headers['content-type']).toContain('application/problem+json');
  expect(status).toBe(wanted);
};
