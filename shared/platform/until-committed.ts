import { setTimeout as sleep } from 'node:timers/promises';
import { SlipwayError } from './errors.ts';

/** The answer of an attempt that lost to somebody else's write. */
export const AGAIN = Symbol('again');

const MAX_ATTEMPTS = 30;
const FIRST_DELAY_MS = 4;
const MAX_DELAY_MS = 400;

/**
 * The result of the first attempt that is not `AGAIN`. Losers wait a random time that doubles, so that any number of
 * them thins out.
 *
 * @throws SlipwayError TEMPORARILY_UNAVAILABLE after 30 lost attempts
 */
export const untilCommitted = async <T>(attempt: () => Promise<T | typeof AGAIN>): Promise<T> => {
  for (let lost = 0; lost < MAX_ATTEMPTS; lost += 1) {
    const result = await attempt();
    if (result !== AGAIN) return result;
    await sleep(Math.random() * Math.min(FIRST_DELAY_MS * 2 ** lost, MAX_DELAY_MS));
  }
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'too many callers change this at once', {
    retryAfterMs: 1_000,
  });
};
