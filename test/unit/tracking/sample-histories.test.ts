import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../shared/tracking/metrics/metric.ts';
import { type Sampling, sampleHistories } from '../../../shared/tracking/metrics/sample-histories.ts';
import type { TrackingServices } from '../../../shared/tracking/services.ts';

/** Runs that logged a metric once at each of these steps. */
const sample = (steps: Readonly<Record<string, readonly number[]>>, asked: Partial<Sampling> = {}) => {
  const trackingStore = {
    async *points(runId: string) {
      const points: Metric[] = (steps[runId] ?? []).map((step) => ({ key: 'loss', value: 1, timestamp: step, step }));
      yield { points };
    },
  } as unknown as TrackingServices['trackingStore'];
  return sampleHistories({ trackingStore }, { runIds: Object.keys(steps), key: 'loss', ...asked });
};

const stepsOf = (found: Awaited<ReturnType<typeof sample>>, run: string): readonly number[] =>
  found.filter(({ runId }) => runId === run).map(({ step }) => step);

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, index) => from + index);

describe('a sampled metric', () => {
  it('is whole when it fits', async () => {
    const found = await sample({ a: range(0, 100), b: [] });

    expect(stepsOf(found, 'a')).toEqual(range(0, 100));
    expect(stepsOf(found, 'b')).toEqual([]);
  });

  it('keeps the ends of all runs and at most so many steps between them', async () => {
    const runs = fc.uniqueArray(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 200 });
    await fc.assert(
      fc.asyncProperty(runs, runs, fc.integer({ min: 1, max: 50 }), async (first, second, maxSteps) => {
        const sorted = { a: first.sort((l, r) => l - r), b: second.sort((l, r) => l - r) };
        const found = await sample(sorted, { maxSteps });

        for (const run of ['a', 'b'] as const) {
          const kept = stepsOf(found, run);
          expect(kept.at(0)).toBe(sorted[run].at(0));
          expect(kept.at(-1)).toBe(sorted[run].at(-1));
          expect(kept.length).toBeLessThanOrEqual(maxSteps + 3);
          expect(sorted[run]).toEqual(expect.arrayContaining([...kept]));
        }
      }),
    );
  });

  it('is of the interval that was asked for', async () => {
    expect(stepsOf(await sample({ a: range(0, 100) }, { fromStep: 5, toStep: 7 }), 'a')).toEqual([5, 6, 7]);
  });

  it.each<[string, Partial<Sampling>]>([
    ['half an interval', { fromStep: 1 }],
    ['an interval that ends before it begins', { fromStep: 2, toStep: 1 }],
    ['no steps', { maxSteps: 0 }],
    ['too many steps', { maxSteps: 2_501 }],
    ['no run', { runIds: [] }],
    ['no key', { key: '' }],
  ])('is refused for %s', async (_, asked) => {
    await expect(sample({ a: [1] }, asked)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  });
});
