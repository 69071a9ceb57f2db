import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { latestAfter, type Metric } from '../../../shared/tracking/metrics/metric.ts';
import { bucketOf, pointsDocuments } from '../../../shared/tracking/metrics/points.ts';

const metric: fc.Arbitrary<Metric> = fc.record({
  key: fc.constantFrom('loss', 'acc'),
  value: fc.constantFrom<Metric['value']>(-1, 0.5, 2, 'Infinity', '-Infinity'),
  timestamp: fc.nat(2),
  step: fc.integer({ min: -1, max: 1 }),
});

/** By step, then time, then value. */
const rank = ({ step, timestamp, value }: Metric): readonly number[] => [step, timestamp, Number(value)];
const compare = (left: Metric, right: Metric): number => {
  const [a, b] = [rank(left), rank(right)];
  const at = a.findIndex((one, index) => one !== b[index]);
  return at < 0 ? 0 : (a[at] ?? 0) < (b[at] ?? 0) ? -1 : 1;
};
const byKey = (metrics: readonly Metric[]) => metrics.toSorted((left, right) => (left.key < right.key ? -1 : 1));

describe('the newest values', () => {
  it('are the same in whatever order and pieces the metrics were logged', () => {
    fc.assert(
      fc.property(fc.array(metric, { maxLength: 8 }), fc.nat(8), (metrics, cut) => {
        const expected = ['acc', 'loss'].flatMap((key) =>
          metrics
            .filter((one) => one.key === key)
            .toSorted(compare)
            .slice(-1),
        );
        const pieces = latestAfter(latestAfter([], metrics.slice(cut)), metrics.slice(0, cut));
        expect(byKey(pieces)).toEqual(expected);
      }),
    );
  });

  it('are the same array when nothing newer was logged', () => {
    const latest = latestAfter([], [{ key: 'loss', value: 1, timestamp: 2, step: 2 }]);

    expect(latestAfter(latest, [{ key: 'loss', value: 9, timestamp: 9, step: 1 }])).toBe(latest);
    expect(latestAfter(latest, latest)).toBe(latest);
  });
});

describe('documents of points', () => {
  it('are fewer than a batch takes, whatever is logged, and hold each point in the bucket of its key', () => {
    const metrics = Array.from({ length: 1_000 }, (_, at) => ({ key: `m/${at}`, value: at, timestamp: 1, step: 0 }));
    const documents = pointsDocuments(metrics);

    expect(documents.length).toBeLessThanOrEqual(98);
    for (const { bucket, points } of documents) {
      expect(points.every(({ key }) => bucketOf(key) === bucket)).toBe(true);
    }
    expect(documents.flatMap(({ points }) => points)).toHaveLength(1_000);
  });

  it('have ids of their content', () => {
    const idOf = (more: Partial<Metric>) =>
      pointsDocuments([{ key: 'loss', value: 1, timestamp: 2, step: 3, ...more }])[0]?.id;

    expect(idOf({})).toBe(idOf({}));
    const others = [{ key: 'acc' }, { value: 2 }, { value: 'NaN' }, { timestamp: 3 }, { step: 4 }] as const;
    expect(new Set([idOf({}), ...others.map(idOf)]).size).toBe(6);
  });
});
