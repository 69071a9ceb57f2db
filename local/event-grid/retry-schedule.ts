import type { AttemptResult, Outcome } from './types.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/**
 * The wait after each failed attempt; the last one repeats.
 *
 * @see https://learn.microsoft.com/azure/event-grid/delivery-and-retry
 */
export const RETRY_STEPS_MS = [
  10 * SECOND,
  30 * SECOND,
  MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
] as const;

export const DEAD_LETTER_DELAY_MS = 5 * MINUTE;
export const DEAD_LETTER_RETRY_MS = 5 * MINUTE;
/** An unreachable dead-letter container is given up after this. */
export const DEAD_LETTER_GIVE_UP_MS = 4 * HOUR;

export type EndpointType = 'WebHook' | 'AzureFunction';

export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'give-up' }
  | { readonly kind: 'retry'; readonly minimumWaitMs: number };

/** What an attempt's result means: delivered, to be tried again after a minimum wait, or never again. */
export const judge = ({ outcome, status }: AttemptResult, endpoint: EndpointType): Verdict => {
  if (outcome === 'Delivered') return { kind: 'delivered' };
  if (status === 400 || status === 413 || status === 403) return { kind: 'give-up' };
  if (status === 401 && endpoint === 'WebHook') return { kind: 'give-up' };
  return { kind: 'retry', minimumWaitMs: minimumWaitMs(status, endpoint) };
};

const minimumWaitMs = (status: number | undefined, endpoint: EndpointType): number => {
  if (status === 408) return 2 * MINUTE;
  if (status === 503) return 30 * SECOND;
  if ((status === 401 || status === 404) && endpoint === 'AzureFunction') return 5 * MINUTE;
  return 10 * SECOND;
};

/**
 * The wait before the next attempt in milliseconds, unscaled.
 *
 * @param failedAttempts - attempts made so far, ≥ 1
 */
export const nextWaitMs = (failedAttempts: number, minimumMs: number): number => {
  const last = RETRY_STEPS_MS.length - 1;
  return Math.max(minimumMs, RETRY_STEPS_MS[Math.min(failedAttempts - 1, last)] ?? 0);
};

const OUTCOMES: Readonly<Record<number, Outcome>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  408: 'TimedOut',
  413: 'PayloadTooLarge',
  429: 'Busy',
};

/** The service's word for an HTTP status; only 200–204 are delivered. */
export const outcomeOf = (status: number): Outcome => {
  if (status >= 200 && status <= 204) return 'Delivered';
  return OUTCOMES[status] ?? (status >= 500 ? 'Busy' : 'Aborted');
};
