import type { PipelineResponse } from '@azure/core-rest-pipeline';
import * as z from 'zod';
import { SlipwayError } from '../platform/errors.ts';
import { codeOfStatus } from './code-of-status.ts';

const detail = z.object({ code: z.string().nullish(), message: z.string().nullish() });
const armError = detail.extend({
  details: z
    .array(detail)
    .nullish()
    .transform((details) => details ?? []),
});
const body = z.object({ error: armError });

export type ArmErrorBody = z.infer<typeof armError>;

/** Said of a resource on which another operation runs, sometimes with 400 instead of 409. */
const BUSY = /in (Creating|Updating|Deleting|Scaling) provisioning state|another operation is in progress/i;

/** The error body of an answer, if it has one. */
const parseArmError = (text: string | null | undefined): ArmErrorBody | undefined => {
  try {
    return body.parse(JSON.parse(text ?? '')).error;
  } catch {
    return undefined;
  }
};

/** `code: message` of the entry that says most: the first of `details` with a message of its own, else the outer one. */
export const armErrorMessage = (error: ArmErrorBody): string => {
  const useful = error.details.find(({ message }) => message) ?? error;
  const text = innermost(useful.message ?? error.message ?? 'no reason given');
  return useful.code ? `${useful.code}: ${text}` : text;
};

/** An answer that is no success as our error. */
export const fromArmResponse = (response: PipelineResponse, operation: string): SlipwayError => {
  const { status } = response;
  const error = parseArmError(response.bodyAsText);
  const message = error ? armErrorMessage(error) : `status ${status}`;
  const isBusy = status < 500 && BUSY.test(`${error?.message} ${message}`);
  const code = isBusy ? 'RESOURCE_CONFLICT' : codeOfStatus(status);
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new SlipwayError(code, `${operation}: ${message}`, {
    details: { status },
    ...(Number.isFinite(retryAfterS) && { retryAfterMs: retryAfterS * 1_000 }),
  });
};

/** No answer: whether the request took effect is not known. */
export const fromTransportError = (cause: unknown, operation: string): SlipwayError => {
  const reason = cause instanceof Error ? (cause.name === 'AbortError' ? 'timed out' : cause.message) : String(cause);
  return new SlipwayError('TEMPORARILY_UNAVAILABLE', `${operation}: ${reason}`, { cause });
};

/** Some messages are JSON, as in `{"errors":{"VmSize":["Not enough quota …"]}}`: then the first text in it. */
const innermost = (message: string): string => {
  const start = message.indexOf('{"errors"');
  if (start < 0) return message;
  try {
    const { errors } = z
      .object({ errors: z.record(z.string(), z.array(z.string())) })
      .parse(JSON.parse(message.slice(start)));
    return Object.values(errors).flat()[0] ?? message;
  } catch {
    return message;
  }
};
