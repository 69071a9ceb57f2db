import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
} from '../../support/registry/registry-server.ts';
import type { TrackingFixture } from './fixture.ts';

type Pair = { readonly key: string; readonly value: string };
type Point = { readonly key: string; readonly value: number; readonly timestamp: number; readonly step: number };

/** What MLflow's clients expect of what they log to a run. */
export const testLogging = ({ createDocuments }: TrackingFixture): void => {
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
  const refused = async (path: string, fields: object) => {
    const { status, json } = await callMlflow(services, 'POST', path, { run_id, ...fields });
    return { status, ...json };
  };

  describe('parameter', () => {
    it('keeps its value: the same again is fine, another is refused', async () => {
      for (let twice = 0; twice < 2; twice += 1) {
        await client.post('runs/log-parameter', { run_id, key: 'depth', value: '3' });
      }
      expect((await data()).params).toEqual([{ key: 'depth', value: '3' }]);
      expect(await refused('runs/log-parameter', { key: 'depth', value: '4' })).toEqual({
        status: 400,
        error_code: 'INVALID_PARAMETER_VALUE',
        message:
          "Changing param values is not allowed. Param with key='depth' was already logged with value='3' for run ID=" +
          `'${run_id}'. Attempted logging new value '4'.`,
      });
      expect((await refused('runs/log-batch', { params: [{ key: 'depth', value: '4' }] })).message).toBe(
        "Changing param values is not allowed. Params were already logged='[{'key': 'depth', 'old_value': '3', " +
          `'new_value': '4'}]' for run ID='${run_id}'.`,
      );
    });

    it('may be empty, is cut at 6000 characters, and has a key of any name', async () => {
      await client.post('runs/log-parameter', { run_id, key: 'none' });
      await client.post('runs/log-parameter', { run_id, key: '__proto__', value: `${'x'.repeat(5_999)}😀` });

      expect((await data()).params).toEqual([
        { key: 'none', value: '' },
        { key: '__proto__', value: 'x'.repeat(5_999) },
      ]);
    });
  });

  describe('tag', () => {
    it('is set, overwritten and deleted', async () => {
      for (const value of ['1', '2']) await client.post('runs/set-tag', { run_id, key: 'a', value });
      expect((await data()).tags).toContainEqual({ key: 'a', value: '2' });
      await client.post('runs/delete-tag', { run_id, key: 'a' });
      expect((await data()).tags.map(({ key }: Pair) => key)).toEqual(['mlflow.runName']);
      expect(await refused('runs/delete-tag', { key: 'a' })).toMatchObject({
        status: 404,
        message: `No tag with name: a in run with id ${run_id}`,
      });
    });
  });

  describe('batch', () => {
    it('of 1000 metrics of as many keys is stored in one go, and again changes nothing', async () => {
      const metrics = Array.from({ length: 1_000 }, (_, at) => ({
        key: `m/${at}`,
        value: at,
        timestamp: at,
        step: at,
      }));
      for (let twice = 0; twice < 2; twice += 1) await client.post('runs/log-batch', { run_id, metrics });

      expect((await data()).metrics).toHaveLength(1_000);
      for (const at of [0, 499, 999]) expect(await history(`m/${at}`)).toEqual([metrics[at]]);
    });

    it('of metrics, parameters and tags is stored whole or not at all', async () => {
      await client.post('runs/log-batch', {
        run_id,
        metrics: [{ key: 'loss', value: 1, timestamp: 1 }],
        params: [{ key: 'depth', value: '3' }],
        tags: [{ key: 'a', value: 'b' }],
      });
      const before = await data();
      expect(before).toMatchObject({
        metrics: [{ key: 'loss', value: 1, timestamp: 1, step: 0 }],
        params: [{ key: 'depth', value: '3' }],
      });

      const bad = { metrics: [{ key: 'new', value: 1, timestamp: 1 }], params: [{ key: 'depth', value: '4' }] };
      expect(await refused('runs/log-batch', bad)).toMatchObject({ status: 400 });
      expect(await data()).toEqual(before);
      expect(await history('new')).toEqual([]);
    });

    it('loses nothing when many are logged at once', async () => {
      const numbers = Array.from({ length: 24 }, (_, at) => at);
      await Promise.all(
        numbers.map((at) =>
          client.post('runs/log-batch', {
            run_id,
            metrics: [{ key: 'loss', value: at, timestamp: 1, step: at }],
            params: [{ key: `p${at}`, value: String(at) }],
            tags: [{ key: `t${at}`, value: 'x' }],
          }),
        ),
      );

      const { metrics, params, tags } = await data();
      expect(metrics).toEqual([{ key: 'loss', value: 23, timestamp: 1, step: 23 }]);
      expect(params.map(({ value }: Pair) => Number(value)).toSorted((a: number, b: number) => a - b)).toEqual(numbers);
      expect(tags).toHaveLength(25);
      expect((await history('loss')).map(({ step }) => step)).toEqual(numbers);
    });

    const many = (count: number, value: unknown = 'x') =>
      Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value, timestamp: 1, step: 0 }));

    it.each<[object, string]>([
      [{ metrics: many(1_001, 1) }, 'A batch logging request can contain at most 1000 metrics. Got 1001 metrics.'],
      [{ params: many(101) }, 'A batch logging request can contain at most 100 params. Got 101 params.'],
      [{ tags: many(101) }, 'A batch logging request can contain at most 100 tags. Got 101 tags.'],
      [
        { metrics: many(900, 1), params: many(60), tags: many(60) },
        'A batch logging request can contain at most 1000 metrics, params, and tags. Got 1020',
      ],
      [
        { params: [...many(1), ...many(1, 'y')] },
        "Duplicate parameter keys have been submitted: ['k0']. Please ensure the request contains only one param value",
      ],
      [{ metrics: [{ key: 'a', timestamp: 1 }] }, "Missing value for required parameter 'metrics[0].value'."],
      [{ metrics: [{ value: 1, timestamp: 1 }] }, "Missing value for required parameter 'metrics[0].key'."],
      [{ metrics: [{ key: 'a', value: 1 }] }, "Missing value for required parameter 'metrics[0].timestamp'."],
      [
        { metrics: [{ key: 'a', value: 'x', timestamp: 1 }] },
        'Invalid value "x" for parameter \'metrics[0].value\' supplied',
      ],
      [{ metrics: [{ key: 'a', value: true, timestamp: 1 }] }, "for parameter 'metrics[0].value' supplied"],
      [{ metrics: [{ key: 'a', value: 1, timestamp: 1.5 }] }, "for parameter 'metrics[0].timestamp' supplied"],
      [{ metrics: [{ key: 'a', value: 1, timestamp: -1 }] }, 'Timestamp must be a nonnegative long'],
      [
        { metrics: [{ key: '../a', value: 1, timestamp: 1 }] },
        'Invalid value "../a" for parameter \'metrics[0].name\'',
      ],
      [
        { metrics: [{ key: 'a'.repeat(251), value: 1, timestamp: 1 }] },
        "'Metric name' exceeds the maximum length of 250",
      ],
      [{ params: [{ key: 'a?', value: '1' }] }, 'Invalid value "a?" for parameter \'params[0].key\''],
      [{ params: [{ key: 'a', value: 1 }] }, "Invalid value 1 for parameter 'params[0].value'"],
      [{ params: 'a' }, 'Invalid value "a" for parameter \'params\' supplied'],
      [{ tags: [null] }, "for parameter 'tags' supplied"],
    ])('is refused when it is %j', async (fields, message) => {
      expect(await refused('runs/log-batch', fields)).toMatchObject({
        status: 400,
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(message),
      });
    });

    it('is refused when the run would grow beyond what can be stored, and the run stays as it was', async () => {
      const batch = (from: number) => ({
        run_id,
        params: Array.from({ length: 100 }, (_, at) => ({ key: `p${from + at}`, value: 'x'.repeat(6_000) })),
      });
      await client.post('runs/log-batch', batch(0));

      expect(await refused('runs/log-batch', batch(100))).toMatchObject({
        status: 400,
        message: expect.stringContaining('Log what is large as an artifact'),
      });
      expect((await data()).params).toHaveLength(100);
    });
  });

  describe('inputs and outputs', () => {
    const dataset = { name: 'iris', digest: 'abc', source_type: 'local', source: '{"uri": "x"}', schema: '{}' };
    const read = async () => (await client.get('runs/get', { run_id })).run;

    it('are kept once each', async () => {
      const tags = [{ key: 'mlflow.data.context', value: 'training' }];
      for (let twice = 0; twice < 2; twice += 1) {
        await client.post('runs/log-inputs', {
          run_id,
          datasets: [{ dataset, tags }, { dataset: { ...dataset, schema: '[]' } }],
          models: [{ model_id: 'm-1' }],
        });
        await client.post('runs/outputs', { run_id, models: [{ model_id: 'm-2', step: 3 }, { model_id: 'm-3' }] });
      }

      const run = await read();
      expect(run.inputs).toEqual({ dataset_inputs: [{ dataset, tags }], model_inputs: [{ model_id: 'm-1' }] });
      expect(run.outputs).toEqual({
        model_outputs: [
          { model_id: 'm-2', step: 3 },
          { model_id: 'm-3', step: 0 },
        ],
      });
    });

    it.each<[object, string]>([
      [{ datasets: [{}] }, "Missing value for required parameter 'datasets[0].dataset.name'"],
      [
        { datasets: [{ dataset: { ...dataset, digest: 'x'.repeat(37) } }] },
        "'digest' exceeds the maximum length of 36",
      ],
      [{ models: [{}] }, "Missing value for required parameter 'models[0].model_id'"],
    ])('are refused when they are %j', async (fields, message) => {
      expect(await refused('runs/log-inputs', fields)).toMatchObject({
        status: 400,
        message: expect.stringContaining(message),
      });
    });

    it('of clients before MLflow 3 are a list in a tag', async () => {
      const model = { artifact_path: 'model', flavors: {}, utc_time_created: 'now', run_id };
      for (let twice = 0; twice < 2; twice += 1) {
        await client.post('runs/log-model', { run_id, model_json: JSON.stringify(model) });
      }

      const tag = (await data()).tags.find(({ key }: Pair) => key === 'mlflow.log-model.history');
      expect(JSON.parse(tag.value)).toEqual([model]);
      expect(await refused('runs/log-model', { model_json: '{' })).toMatchObject({ status: 400 });
      expect((await refused('runs/log-model', { model_json: '{"run_id":"x"}' })).message).toContain("'artifact_path'");
    });
  });
};
