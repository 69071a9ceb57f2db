import pRetry from 'p-retry';
import { isSlipwayError } from '../../platform/errors.ts';
import { isTransient } from './registry-error.ts';

const RETRIES = 4;
const BASE_MS = 500;
const MAX_MS = 30_000;
/** A registry that asks for more is asked by the queue's next delivery. */
const MAX_RETRY_AFTER_MS = 120_000;

export type Wait = (ms: number) => Promise<unknown>;

export interface RetryOptions {
  readonly wait: Wait;
  /** Whether the attempt that just failed had got further, so that it does not count. */
  readonly progressed?: () => boolean;
}

/** Tries again what may be mended by it: after what the registry asked for, else after 0.5 s, 1 s, 2 s and 4 s. */
export const retrying = <T>(attempt: () => Promise<T>, { wait, progressed = () => false }: RetryOptions): Promise<T> =>
  pRetry(attempt, {
    retries: RETRIES,
    minTimeout: 0,
    maxTimeout: 0,
    shouldConsumeRetry: () => !progressed(),
    shouldRetry: ({ error }) => isTransient(error),
    onFailedAttempt: async ({ error, retriesLeft, retriesConsumed }) => {
      if (isTransient(error) && retriesLeft > 0) await wait(pauseMs(error, retriesConsumed));
    },
  });

const pauseMs = (error: Error, failures: number): number => {
  const asked = isSlipwayError(error) ? error.retryAfterMs : undefined;
  if (asked !== undefined) return Math.min(asked, MAX_RETRY_AFTER_MS) + Math.random() * BASE_MS;
  return Math.min(MAX_MS, BASE_MS * 2 ** failures) * (0.5 + Math.random() / 2);
};
