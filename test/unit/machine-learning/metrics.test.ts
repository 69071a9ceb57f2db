import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { queryMetrics } from '../../../local/machine-learning/metrics-query.ts';
import { latencyQuantile, MetricsStore } from '../../../local/machine-learning/metrics-store.ts';
import { type EpochMs, epochMs } from '../../../shared/platform/time.ts';

const START = epochMs(Date.UTC(2026, 0, 31, 12));

let dir: string;
let now: EpochMs;
let store: MetricsStore;
const open = (): MetricsStore => new MetricsStore(join(dir, 'metrics.jsonl'), () => now);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'metrics-'));
  now = START;
  store = open();
});
afterEach(() => rmSync(dir, { recursive: true }));

const record = (
  deployment: string,
  offsetMs: number,
  { status = 200, latencyMs = 10, modelStatus = undefined as number | undefined } = {},
) => {
  now = epochMs(START + offsetMs);
  store.record('heart', { deployment, status, modelStatus, latencyMs });
};

const counts = (fromMs: number, toMs: number, intervalMs: number) =>
  queryMetrics('id', store.cells('heart', epochMs(START + fromMs), epochMs(START + toMs)), {
    names: ['RequestsPerMinute'],
    from: epochMs(START + fromMs),
    to: epochMs(START + toMs),
    intervalMs,
    aggregations: ['Total'],
    filter: "deployment eq '*' and statusCode eq '*' and modelStatusCode eq '*'",
    top: 10,
  });

describe('MetricsStore', () => {
  it('counts every request in exactly one of two windows that meet', () => {
    for (let at = 0; at < 100; at += 1) record('stable', at * 50);
    const size = (fromMs: number, toMs: number) =>
      store.cells('heart', epochMs(START + fromMs), epochMs(START + toMs)).reduce((sum, { count }) => sum + count, 0);
    expect([size(0, 1_000), size(1_000, 3_000), size(3_000, 5_000), size(0, 5_000)]).toEqual([20, 40, 40, 100]);
  });

  it('has the same counts after a restart, and survives a line that was cut short', () => {
    for (let at = 0; at < 10; at += 1) {
      record('stable', at * 300);
      store.flush();
    }
    store = open();
    expect(store.cells('HEART', START, epochMs(START + 3_000)).reduce((sum, { count }) => sum + count, 0)).toBe(10);
  });

  it('forgets after six hours', () => {
    record('stable', 0);
    store.flush();
    now = epochMs(START + 7 * 3_600_000);
    store.flush();
    expect(store.cells('heart', START, now)).toEqual([]);
  });
});

describe('queryMetrics', () => {
  it('gives one series per combination of dimensions, with totals per interval', () => {
    record('stable', 0);
    record('stable', 900);
    record('stable', 2_100);
    record('canary', 100, { status: 424, modelStatus: 500 });
    expect(counts(0, 3_000, 1_000)).toEqual([
      expect.objectContaining({
        name: { value: 'RequestsPerMinute', localizedValue: 'RequestsPerMinute' },
        unit: 'Count',
        timeseries: [
          {
            metadatavalues: [
              { name: { value: 'deployment', localizedValue: 'deployment' }, value: 'stable' },
              { name: { value: 'statuscode', localizedValue: 'statuscode' }, value: '200' },
              { name: { value: 'modelstatuscode', localizedValue: 'modelstatuscode' }, value: '' },
            ],
            data: [
              { timeStamp: '2026-01-31T12:00:00.000Z', total: 2 },
              { timeStamp: '2026-01-31T12:00:01.000Z' },
              { timeStamp: '2026-01-31T12:00:02.000Z', total: 1 },
            ],
          },
          expect.objectContaining({
            metadatavalues: [
              expect.objectContaining({ value: 'canary' }),
              expect.objectContaining({ value: '424' }),
              expect.objectContaining({ value: '500' }),
            ],
          }),
        ],
      }),
    ]);
  });

  it.each([
    { case: 'an unknown metric', names: ['Nonsense'], filter: undefined },
    { case: 'a dimension that the metric lacks', names: ['RequestLatency_P50'], filter: "statusCode eq '*'" },
  ])('refuses $case', ({ names, filter }) => {
    const query = {
      names,
      from: START,
      to: epochMs(START + 1_000),
      intervalMs: 1_000,
      aggregations: ['Average'],
      top: 10,
    };
    expect(() => queryMetrics('id', [], { ...query, filter })).toThrow(/Nonsense|statusCode/);
  });
});

describe('latencyQuantile', () => {
  it('is within 1 % of the exact quantile', () => {
    for (let at = 1; at <= 1_000; at += 1) record('stable', 0, { latencyMs: at });
    const cells = store.cells('heart', START, epochMs(START + 1_000));
    expect(latencyQuantile(cells, 0.5)).toBeCloseTo(500, -1);
    expect(Math.abs((latencyQuantile(cells, 0.95) ?? 0) - 950)).toBeLessThan(9.5);
    expect(Math.abs((latencyQuantile(cells, 0.99) ?? 0) - 990)).toBeLessThan(9.9);
  });

  it('is nothing without requests', () => expect(latencyQuantile([], 0.5)).toBeUndefined());
});
