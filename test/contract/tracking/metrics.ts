import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
  send,
} from '../../support/registry/registry-server.ts';
import type { TrackingFixture } from './fixture.ts';

type Pair = { readonly key: string; readonly value: string };
type Point = { readonly key: string; readonly value: number; readonly timestamp: number; readonly step: number };

/** What MLflow's clients expect of the metrics they log to a run. */
export const testMetrics = ({ createDocuments }: TrackingFixture): void => {
  let services: MlflowServices;
  let client: MlflowClient;
  let run_id: string;

  beforeEach(async () => {
    services = createRegistryServices(undefined, {}, await createDocuments());
    client = mlflowClient(services);
    run_id = (await client.post('runs/create', {})).run.info.run_id;
  });

  const data = async () => (await client.get('runs/get', { run_id })).run.data;
  const history = async (metric_key: string): Promise<readonly Point[]> =>
    (await client.get('metrics/get-history', { run_id, metric_key })).metrics ?? [];
  const logMetric = (key: string, value: unknown, more: object = {}) =>
    client.post('runs/log-metric', { run_id, key, value, timestamp: 1, ...more });

  describe('metric', () => {
    it('has a history by time, step and value, and a newest value by step, time and value', async () => {
      const points = [
        [1, 5, 2],
        [2, 4, 3],
        [3, 4, 3],
        [9, 6, 1],
        [4, 4, 1],
      ] as const;
      for (const [value, timestamp, step] of points) await logMetric('loss', value, { timestamp, step });

      expect((await history('loss')).map(({ timestamp, step, value }) => [timestamp, step, value])).toEqual([
        [4, 1, 4],
        [4, 3, 2],
        [4, 3, 3],
        [5, 2, 1],
        [6, 1, 9],
      ]);
      expect((await data()).metrics).toEqual([{ key: 'loss', value: 3, timestamp: 4, step: 3 }]);
    });

    it('is kept once, however often the same is logged and in whichever call', async () => {
      const point = { key: 'loss', value: 0.5, timestamp: 1, step: 1 };
      const older = { ...point, step: 0 };
      for (let twice = 0; twice < 2; twice += 1) {
        await client.post('runs/log-metric', { run_id, ...point });
        await client.post('runs/log-batch', { run_id, metrics: [older, older, point] });
        await client.post('runs/log-batch', { run_id, metrics: [point, { ...point, key: 'acc' }] });
      }

      expect(await history('loss')).toEqual([older, point]);
    });

    it('may be no number at all, as text or as Python writes it', async () => {
      await logMetric('a', 'NaN');
      await logMetric('b', 'Infinity');
      const bare = `{"run_id": "${run_id}", "metrics": [{"key": "c", "value": -Infinity, "timestamp": 1, "step": 0},
        {"key": "d", "value": NaN, "timestamp": 1, "step": 0}], "tags": [{"key": "t", "value": "NaN \\" NaN"}]}`;
      const path = 'api/2.0/mlflow/runs/log-batch';
      expect(await send(services, { method: 'POST', path, body: bare, contentType: 'application/json' })).toMatchObject(
        {
          status: 200,
        },
      );

      const { metrics, tags } = await data();
      expect(metrics.map(({ key, value }: Pair) => [key, value])).toEqual([
        ['a', 'NaN'],
        ['b', 'Infinity'],
        ['c', '-Infinity'],
        ['d', 'NaN'],
      ]);
      expect(tags).toContainEqual({ key: 't', value: 'NaN " NaN' });
      expect(await history('d')).toMatchObject([{ value: 'NaN' }]);
    });

    it('replaces no newest value that is NaN by a smaller one of the same moment, but by a greater one', async () => {
      for (const value of ['NaN', -1]) await logMetric('a', value);
      expect((await data()).metrics).toMatchObject([{ value: 'NaN' }]);
      await logMetric('a', 1);
      expect((await data()).metrics).toMatchObject([{ value: 1 }]);
    });

    it('has a history that comes page by page, NaN and infinities included', async () => {
      const values = [3, 'NaN', 1, '-Infinity', 2, 'Infinity', 'NaN'];
      for (const value of values) await logMetric('a', value);
      const seen: unknown[] = [];
      let token: string | undefined;
      do {
        const asked = {
          run_id,
          metric_key: 'a',
          max_results: 2,
          ...(token === undefined ? {} : { page_token: token }),
        };
        const page = await client.get('metrics/get-history', asked);
        expect(page.metrics.length).toBeLessThanOrEqual(2);
        seen.push(...page.metrics.map(({ value }: Pair) => value));
        token = page.next_page_token;
      } while (token !== undefined);

      expect(seen).toEqual(['-Infinity', 1, 2, 3, 'Infinity', 'NaN']);
    });

    it('has histories of several runs at once, cut at the number that is wanted', async () => {
      const other = (await client.post('runs/create', {})).run.info.run_id;
      for (const step of [0, 1]) {
        await logMetric('a', step, { step });
        await client.post('runs/log-metric', { run_id: other, key: 'a', value: step, timestamp: 1, step });
      }
      const asked = { run_id: [run_id, other, 'f'.repeat(32)], metric_key: 'a' };
      const [first, second] = [run_id, other].toSorted();

      const { metrics } = await client.get('metrics/get-history-bulk', asked);
      expect(metrics.map((metric: { run_id: string; step: number }) => [metric.run_id, metric.step])).toEqual([
        [first, 0],
        [first, 1],
        [second, 0],
        [second, 1],
      ]);
      expect((await client.get('metrics/get-history-bulk', { ...asked, max_results: 3 })).metrics).toHaveLength(3);
    });

    it.each([
      [{ metric_key: 'a' }, 'GetMetricHistoryBulk request must specify at least one run_id'],
      [{ run_id: ['x'] }, 'GetMetricHistoryBulk request must specify a metric_key'],
      [
        { run_id: Array.from({ length: 101 }, (_, at) => `id${at}`), metric_key: 'a' },
        'GetMetricHistoryBulk request cannot specify more than 100 run_ids',
      ],
    ])('has no histories at once for %j', async (asked, message) => {
      const { status, json } = await callMlflow(services, 'GET', 'metrics/get-history-bulk', asked);
      expect({ status, ...json }).toMatchObject({
        status: 400,
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(message),
      });
    });

    it('is sampled at the same steps of several runs, with the first and the last of each', async () => {
      const other = (await client.post('runs/create', {})).run.info.run_id;
      const points = (count: number) =>
        Array.from({ length: count }, (_, step) => ({ key: 'a', value: step, timestamp: 1, step }));
      await client.post('runs/log-batch', { run_id, metrics: points(10) });
      await client.post('runs/log-batch', { run_id: other, metrics: points(20) });
      const stepsOf = async (asked: object) =>
        ((await client.get('metrics/get-history-bulk-interval', { metric_key: 'a', ...asked })).metrics ?? []).map(
          (metric: { run_id: string; step: number }) => [metric.run_id === run_id ? 'one' : 'other', metric.step],
        );

      expect(await stepsOf({ run_ids: [run_id], max_results: 5 })).toEqual(
        [0, 2, 4, 6, 8, 9].map((step) => ['one', step]),
      );
      expect(await stepsOf({ run_ids: [run_id], max_results: 5, start_step: 0, end_step: 4 })).toEqual(
        [0, 1, 2, 3, 4].map((step) => ['one', step]),
      );
      expect(await stepsOf({ run_ids: [run_id, other], max_results: 5 })).toEqual([
        ...[0, 4, 8, 9].map((step) => ['one', step]),
        ...[0, 4, 8, 9, 12, 16, 19].map((step) => ['other', step]),
      ]);
      expect(await stepsOf({ run_ids: ['f'.repeat(32)] })).toEqual([]);
    });

    it.each([
      [{}, "Missing value for required parameter 'run_ids'."],
      [{ run_ids: Array.from({ length: 101 }, (_, at) => `id${at}`) }, 'request must specify at most 100 run_ids.'],
      [{ run_ids: ['x'], max_results: 0 }, 'max_results must be between 1 and 2500'],
      [{ run_ids: ['x'], metric_key: '' }, "Missing value for required parameter 'metric_key'"],
      [{ run_ids: ['x'], start_step: 1, end_step: 0 }, 'end_step must be greater than start_step. '],
      [{ run_ids: ['x'], start_step: 1 }, 'If either start step or end step are specified, both must be specified.'],
    ])('cannot be sampled for %j', async (asked, message) => {
      const fields = { metric_key: 'a', ...asked };
      const { status, json } = await callMlflow(services, 'GET', 'metrics/get-history-bulk-interval', fields);
      expect({ status, ...json }).toMatchObject({
        status: 400,
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(message),
      });
    });

    it('that is of a logged model is kept with that as well', async () => {
      const { model } = await client.post('logged-models', { experiment_id: '0', name: 'm' });
      const { model_id } = model.info;
      const metric = { key: 'acc', value: 0.9, timestamp: 1, step: 2, model_id, dataset_name: 'iris' };
      await client.post('runs/log-metric', { run_id, ...metric });
      await client.post('runs/log-batch', { run_id, metrics: [metric, { ...metric, key: 'f1' }] });

      const { data } = (await client.get(`logged-models/${model_id}`)).model;
      expect(data.metrics).toMatchObject([
        { key: 'acc', value: 0.9, run_id, model_id, dataset_name: 'iris' },
        { key: 'f1', value: 0.9, run_id, model_id },
      ]);
      expect(await history('acc')).toHaveLength(1);
    });
  });
};
