import { setTimeout as sleep } from 'node:timers/promises';

/**
 * The first result of `probe` that is neither undefined nor false, asked again every `everyMs`.
 *
 * @throws Error naming what was waited for when it has not come within `withinMs`; the probe's own error is its cause
 */
export const until = async <T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  { withinMs = 10_000, everyMs = 25 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> => {
  const deadline = Date.now() + withinMs;
  let cause: unknown;
  do {
    try {
      const result = await probe();
      if (result !== undefined && result !== false) return result;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(everyMs);
  } while (Date.now() < deadline);
  throw new Error(`waited ${withinMs} ms in vain for ${what}`, { cause });
};
