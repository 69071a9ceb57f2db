import { SlipwayError } from './errors.ts';

/** Work that waits for its turn is done one after the other, per key. */
export interface Turns {
  /**
   * What the work gives, when everything asked for earlier under the same key has ended.
   *
   * @throws SlipwayError REQUEST_LIMIT_EXCEEDED when too much is waiting already
   */
  take<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/** More than these would not be done before their callers give up. */
const MAX_WAITING = 1_000;
const RETRY_AFTER_MS = 2_000;

interface Line {
  waiting: number;
  last: Promise<unknown>;
}

/** Turns of this process. What others do at the same time is not known here. */
export const createTurns = (maxWaiting: number = MAX_WAITING): Turns => {
  const lines = new Map<string, Line>();
  return {
    take: async (key, work) => {
      const line = lines.get(key) ?? { waiting: 0, last: Promise.resolve() };
      if (line.waiting >= maxWaiting) {
        throw new SlipwayError('REQUEST_LIMIT_EXCEEDED', 'too many callers change this at once', {
          retryAfterMs: RETRY_AFTER_MS,
        });
      }
      lines.set(key, line);
      line.waiting += 1;
      const before = line.last;
      const turn = before.then(work);
      line.last = turn.catch(() => undefined);
      try {
        return await turn;
      } finally {
        line.waiting -= 1;
        if (line.waiting === 0) lines.delete(key);
      }
    },
  };
};
