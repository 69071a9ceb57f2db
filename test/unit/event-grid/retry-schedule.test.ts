import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judge, nextWaitMs, outcomeOf, RETRY_STEPS_MS } from '../../../local/event-grid/retry-schedule.ts';

const retry = (minimumWaitMs: number) => ({ kind: 'retry', minimumWaitMs });
const GIVE_UP = { kind: 'give-up' };

describe('what an answer means', () => {
  it.each([
    [200, 'Delivered', { kind: 'delivered' }, { kind: 'delivered' }],
    [201, 'Delivered', { kind: 'delivered' }, { kind: 'delivered' }],
    [202, 'Delivered', { kind: 'delivered' }, { kind: 'delivered' }],
    [203, 'Delivered', { kind: 'delivered' }, { kind: 'delivered' }],
    [204, 'Delivered', { kind: 'delivered' }, { kind: 'delivered' }],
    [205, 'Aborted', retry(10_000), retry(10_000)],
    [302, 'Aborted', retry(10_000), retry(10_000)],
    [400, 'BadRequest', GIVE_UP, GIVE_UP],
    [401, 'Unauthorized', GIVE_UP, retry(300_000)],
    [403, 'Forbidden', GIVE_UP, GIVE_UP],
    [404, 'NotFound', retry(10_000), retry(300_000)],
    [408, 'TimedOut', retry(120_000), retry(120_000)],
    [413, 'PayloadTooLarge', GIVE_UP, GIVE_UP],
    [429, 'Busy', retry(10_000), retry(10_000)],
    [500, 'Busy', retry(10_000), retry(10_000)],
    [503, 'Busy', retry(30_000), retry(30_000)],
  ])('%i is %s', (status, outcome, fromWebhook, fromFunction) => {
    expect(outcomeOf(status)).toBe(outcome);
    const result = { outcome: outcomeOf(status), status };
    expect(judge(result, 'WebHook')).toEqual(fromWebhook);
    expect(judge(result, 'AzureFunction')).toEqual(fromFunction);
  });

  it.each([['TimedOut'], ['SocketError'], ['ResolutionError']] as const)('retries %s after ten seconds', (outcome) => {
    expect(judge({ outcome }, 'WebHook')).toEqual(retry(10_000));
  });
});

describe('the wait before the next attempt', () => {
  it.each([
    [1, 10_000],
    [2, 30_000],
    [3, 60_000],
    [4, 300_000],
    [5, 600_000],
    [6, 1_800_000],
    [7, 3_600_000],
    [8, 10_800_000],
    [9, 21_600_000],
    [10, 43_200_000],
    [11, 43_200_000],
    [29, 43_200_000],
  ])('after %i attempts is %i ms', (attempts, waitMs) => {
    expect(nextWaitMs(attempts, 10_000)).toBe(waitMs);
  });

  it('is never below the minimum of the failure', () => {
    expect(nextWaitMs(1, 300_000)).toBe(300_000);
    expect(nextWaitMs(5, 300_000)).toBe(600_000);
  });

  it('never shrinks from one attempt to the next', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.constantFrom(10_000, 30_000, 120_000, 300_000), (n, minimum) => {
        expect(nextWaitMs(n + 1, minimum)).toBeGreaterThanOrEqual(nextWaitMs(n, minimum));
      }),
    );
  });

  it('adds up to the documented times of a day', () => {
    const times = RETRY_STEPS_MS.map((_, n) =>
      RETRY_STEPS_MS.slice(0, n + 1).reduce((sum, step) => sum + step / 1000, 0),
    );

    expect(times).toEqual([10, 40, 100, 400, 1000, 2800, 6400, 17_200, 38_800, 82_000]);
  });
});
