import type { EpochMs } from '../../platform/time.ts';
import type { PutAttempt } from '../rollout.ts';

/** Waits 2, 8, 32 s … after the first, second, third write, at most `mostMs`. */
export const retryAt = (put: PutAttempt, mostMs: number): number =>
  put.at + Math.min(mostMs, 2000 * 4 ** Math.max(0, put.tries - 1));

/** True when a write that is not read back may be sent again. */
export const mayRetry = (put: PutAttempt | undefined, now: EpochMs, mostMs: number): boolean =>
  put === undefined || now >= retryAt(put, mostMs);

/** The attempt after this one. */
export const nextTry = (put: PutAttempt | undefined, now: EpochMs): PutAttempt => ({
  at: now,
  tries: (put?.tries ?? 0) + 1,
});
