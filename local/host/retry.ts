import { setTimeout as sleep } from 'node:timers/promises';
import type { RetryContext, RpcRetryOptions } from './core-types.ts';

/** Milliseconds to wait before retry number `retry` (0 is the first). */
export const retryDelayMs = (options: RpcRetryOptions, retry: number): number => {
  if (options.retryStrategy === 'fixedDelay') return (options.delayInterval?.seconds ?? 0) * 1000;
  const minimum = (options.minimumInterval?.seconds ?? 0) * 1000;
  const maximum = (options.maximumInterval?.seconds ?? 0) * 1000;
  return Math.min(maximum, Math.max(minimum, 1) * 2 ** Math.min(retry, 30));
};

/**
 * Runs an attempt until it succeeds, its function's retry policy is used up, or `stop` is signalled.
 *
 * @returns 'succeeded', 'failed' when the policy is used up, 'stopped' when the host is stopping meanwhile
 */
export const withRetries = async (
  options: RpcRetryOptions | undefined,
  stop: AbortSignal,
  attempt: (context: RetryContext | undefined) => Promise<unknown>,
): Promise<'succeeded' | 'failed' | 'stopped'> => {
  const maxRetryCount = options?.maxRetryCount ?? 0;
  let context: RetryContext | undefined = options && { retryCount: 0, maxRetryCount };
  for (let retry = 0; ; retry += 1) {
    try {
      await attempt(context);
      return 'succeeded';
    } catch (error) {
      if (options === undefined || (maxRetryCount !== -1 && retry >= maxRetryCount)) return 'failed';
      context = { retryCount: retry + 1, maxRetryCount, exception: describe(error) };
      if (!(await pause(retryDelayMs(options, retry), stop))) return 'stopped';
    }
  }
};

const describe = (error: unknown) =>
  error instanceof Error
    ? { message: error.message, stackTrace: error.stack ?? '' }
    : { message: String(error), stackTrace: '' };

/** Waits; false when the signal came first. */
export const pause = async (ms: number, stop: AbortSignal): Promise<boolean> => {
  if (stop.aborted) return false;
  try {
    await sleep(ms, undefined, { signal: stop });
    return true;
  } catch {
    return false;
  }
};
