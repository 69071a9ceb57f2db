import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { mayRetry, nextTry, retryAt } from '../../../../shared/rollout/rules/backoff.ts';

const put = (tries: number) => ({ at: epochMs(1_000_000), tries });

describe('backoff', () => {
  it.each([
    [0, 1_002_000],
    [1, 1_002_000],
    [2, 1_008_000],
    [3, 1_032_000],
    [4, 1_060_000],
    [50, 1_060_000],
  ])('after %d writes tries again at %d, at most a minute later', (tries, at) => {
    expect(retryAt(put(tries), 60_000)).toBe(at);
  });

  it.each([
    [put(1), 1_001_999, false],
    [put(1), 1_002_000, true],
    [put(9), 1_059_999, false],
    [put(9), 1_060_000, true],
    [undefined, 0, true],
  ])('after %o may try again at %d: %s', (attempt, now, may) => {
    expect(mayRetry(attempt, epochMs(now), 60_000)).toBe(may);
  });

  it('counts its tries', () => {
    expect(nextTry(undefined, epochMs(5))).toStrictEqual({ at: 5, tries: 1 });
    expect(nextTry(put(3), epochMs(7))).toStrictEqual({ at: 7, tries: 4 });
  });
});
