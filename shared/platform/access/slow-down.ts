import { setTimeout as sleep } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Clock, EpochMs } from '../time.ts';

/** Holds up the answers to wrong credentials, longer with each of one address. Right ones are never held up. */
export interface SlowDown {
  /** Counts a failure of the address and resolves when its caller may hear of it. */
  afterFailure(address: string): Promise<void>;
}

export interface SlowDownOptions {
  readonly clock: Clock;
  readonly wait?: (ms: number) => Promise<unknown>;
}

/** Typing errors cost nothing. */
const FREE_FAILURES = 3;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 4000;
/** An address without failures for so long begins anew. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;
const MOST_ADDRESSES = 10_000;
/**
 * Beyond these nobody is held up: an instance of the default size works on 16 requests at a time, and those held are
 * missing to others.
 *
 * @see https://learn.microsoft.com/azure/azure-functions/functions-concurrency
 */
const MOST_HELD = 4;

interface Failures {
  readonly count: number;
  readonly at: EpochMs;
}

/** How long the answer to the n-th failure of an address is held up, in milliseconds, 0–4000. */
export const delayOf = (failures: number): number =>
  failures <= FREE_FAILURES ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - FREE_FAILURES - 1));

export const createSlowDown = ({ clock, wait = sleep }: SlowDownOptions): SlowDown => {
  const addresses = new LRUCache<string, Failures>({ max: MOST_ADDRESSES });
  let held = 0;
  return {
    async afterFailure(address) {
      const now = clock();
      const before = addresses.get(address);
      const count = 1 + (before === undefined || now - before.at > FORGOTTEN_AFTER_MS ? 0 : before.count);
      addresses.set(address, { count, at: now });
      const delay = delayOf(count);
      if (delay === 0 || held >= MOST_HELD) return;
      held += 1;
      try {
        await wait(delay);
      } finally {
        held -= 1;
      }
    },
  };
};
