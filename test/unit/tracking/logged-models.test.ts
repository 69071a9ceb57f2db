import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { trackedArtifactsOf } from '../../../functions/neighbours.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { recordModelMetrics } from '../../../shared/tracking/logged-models/record-metrics.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
} from '../../support/registry/registry-server.ts';

let services: MlflowServices;
let client: MlflowClient;

beforeEach(() => {
  const bare = createRegistryServices();
  services = { ...bare, tracked: trackedArtifactsOf(bare, silentLogger) };
  client = mlflowClient(services);
});

const create = async (fields: Record<string, unknown> = {}) =>
  (await client.post('logged-models', { experiment_id: '0', ...fields })).model;

const refusal = async (...call: Parameters<typeof callMlflow> extends [unknown, ...infer Rest] ? Rest : never) => {
  const { status, json } = await callMlflow(services, ...call);
  return [status, json.error_code, json.message];
};

describe('a logged model', () => {
  it('is created pending, with a place for its files', async () => {
    const { info, data } = await create({
      name: 'model',
      source_run_id: 'r1',
      params: [{ key: 'depth', value: '3' }],
      tags: [{ key: 'team', value: 'cardio' }],
    });
    expect(info).toMatchObject({
      model_id: expect.stringMatching(/^m-[0-9a-f]{32}$/),
      experiment_id: '0',
      name: 'model',
      source_run_id: 'r1',
      model_type: '',
      status: 'LOGGED_MODEL_PENDING',
      artifact_uri: `mlflow-artifacts:/0/models/${info.model_id}/artifacts`,
      tags: [{ key: 'team', value: 'cardio' }],
    });
    expect(info.creation_timestamp_ms).toBe(info.last_updated_timestamp_ms);
    expect(data).toEqual({ params: [{ key: 'depth', value: '3' }] });
    expect((await client.get(`logged-models/${info.model_id}`)).model).toEqual({ info, data });
  });

  it('gets a name when nobody gave it one', async () => {
    expect((await create()).info.name).toMatch(/^model-[0-9a-f]{8}$/);
  });

  it.each(['a/b', 'a:b', 'a.b', 'a%b', 'a"b', "a'b"])('refuses the name %s', async (name) => {
    expect(await refusal('POST', 'logged-models', { experiment_id: '0', name })).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
      expect.stringContaining('Invalid model name'),
    ]);
  });

  it('needs its experiment', async () => {
    expect((await refusal('POST', 'logged-models', { experiment_id: '77' })).slice(0, 2)).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ]);
    expect((await refusal('POST', 'logged-models', {})).slice(0, 2)).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });

  it.each(['m-unknown', `m-${'0'.repeat(32)}`, 'x', '..'])('named %s is not found', async (id) => {
    const expected = [404, 'RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id}' not found.`];
    expect(await refusal('GET', `logged-models/${id}`)).toEqual(expected);
    expect(await refusal('PATCH', `logged-models/${id}`, { status: 'LOGGED_MODEL_READY' })).toEqual(expected);
    expect(await refusal('DELETE', `logged-models/${id}`)).toEqual(expected);
  });

  it.each(['LOGGED_MODEL_READY', 2, '2'])('is finalized by the status %j', async (status) => {
    const { info } = await create();
    const { model } = await client.patch(`logged-models/${info.model_id}`, { model_id: info.model_id, status });
    expect(model.info.status).toBe('LOGGED_MODEL_READY');
  });

  it.each(['DONE', 9, true, {}, undefined])('refuses the status %j', async (status) => {
    const { info } = await create();
    expect((await refusal('PATCH', `logged-models/${info.model_id}`, { status })).slice(0, 2)).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
    ]);
  });

  it('takes tags, and gives them up once', async () => {
    const { info } = await create({ tags: [{ key: 'a', value: '1' }] });
    const path = `logged-models/${info.model_id}`;
    await client.patch(`${path}/tags`, {
      tags: [
        { key: 'a', value: '2' },
        { key: 'b/c', value: '' },
      ],
    });
    expect((await client.get(path)).model.info.tags).toEqual([
      { key: 'a', value: '2' },
      { key: 'b/c', value: '' },
    ]);
    await client.delete(`${path}/tags/b/c`);
    expect(await refusal('DELETE', `${path}/tags/b/c`)).toEqual([
      404,
      'RESOURCE_DOES_NOT_EXIST',
      `No tag with key 'b/c' found for model with ID '${info.model_id}'.`,
    ]);
    expect((await client.get(path)).model.info.tags).toEqual([{ key: 'a', value: '2' }]);
  });

  it('takes more params, the same again, and no other value', async () => {
    const { info } = await create({ params: [{ key: 'a', value: '1' }] });
    const path = `logged-models/${info.model_id}`;
    for (const _ of [1, 2])
      await client.post(`${path}/params`, {
        params: [
          { key: 'a', value: '1' },
          { key: 'b', value: '2' },
        ],
      });
    expect((await client.get(path)).model.data.params).toEqual([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]);
    expect((await refusal('POST', `${path}/params`, { params: [{ key: 'a', value: '9' }] }))[2]).toContain(
      "Param with key='a' was already logged with value='1'",
    );
  });

  it('is hidden when it is deleted, but can still be asked for', async () => {
    const { info } = await create();
    const path = `logged-models/${info.model_id}`;
    await client.delete(path);
    expect((await refusal('GET', path))[0]).toBe(404);
    expect((await client.get(path, { allow_deleted: 'true' })).model.info.model_id).toBe(info.model_id);
    expect(await client.post('logged-models/search', { experiment_ids: ['0'] })).toEqual({});
  });

  it('keeps the newest value of each metric per run and dataset, in whatever order they come', async () => {
    const { info } = await create();
    const metric = (value: number, timestamp: number, more: object = {}) => ({
      key: 'acc',
      value,
      timestamp: epochMs(timestamp),
      step: 0,
      runId: 'r1',
      ...more,
    });
    const logged = [
      metric(0.9, 30),
      metric(0.5, 10),
      metric(Number.NaN, 5, { datasetName: 'test', datasetDigest: 'd' }),
    ];
    for (const _ of [1, 2]) expect(await recordModelMetrics(services, info.model_id, logged)).toBe(true);
    const common = { key: 'acc', step: 0, run_id: 'r1', model_id: info.model_id };
    expect((await client.get(`logged-models/${info.model_id}`)).model.data.metrics).toEqual([
      { ...common, value: 0.9, timestamp: 30 },
      { ...common, value: 'NaN', timestamp: 5, dataset_name: 'test', dataset_digest: 'd' },
    ]);
    expect(await recordModelMetrics(services, 'm-elsewhere', logged)).toBe(false);
  });
});

describe('searching logged models', () => {
  const ids: Record<string, string> = {};
  const names = async (fields: Record<string, unknown>) => {
    const { models = [] } = await client.post('logged-models/search', { experiment_ids: ['0'], ...fields });
    return models.map(({ info }: { info: { name: string } }) => info.name);
  };
  const acc = (value: number, datasetName?: string) => ({
    key: 'acc',
    value,
    timestamp: epochMs(1),
    step: 0,
    runId: 'r',
    ...(datasetName === undefined ? {} : { datasetName, datasetDigest: `${datasetName}-1` }),
  });

  beforeEach(async () => {
    const wishes = [
      { name: 'first', params: [{ key: 'depth', value: '3' }] },
      { name: 'second', tags: [{ key: 'team', value: 'cardio' }], source_run_id: 'r2' },
      { name: 'third', model_type: 'agent' },
    ];
    for (const wish of wishes) ids[wish.name] = (await create(wish)).info.model_id;
    await client.patch(`logged-models/${ids['second']}`, { status: 'LOGGED_MODEL_READY' });
    await recordModelMetrics(services, ids['first'] ?? '', [acc(0.7, 'train'), acc(0.2, 'test')]);
    await recordModelMetrics(services, ids['second'] ?? '', [acc(0.5, 'train'), acc(Infinity, 'test')]);
  });

  it.each([
    ['', ['third', 'second', 'first']],
    ["name = 'first'", ['first']],
    ["name != 'first'", ['third', 'second']],
    ["name LIKE '%r%' AND model_type = 'agent'", ['third']],
    ["name IN ('first', 'third')", ['third', 'first']],
    ["status = 'READY'", ['second']],
    ["status = 'LOGGED_MODEL_PENDING'", ['third', 'first']],
    ["source_run_id = 'r2'", ['second']],
    ["params.depth = '3'", ['first']],
    ["tags.team = 'cardio'", ['second']],
    ['metrics.acc > 0.6', ['second', 'first']],
    ['metrics.acc < 0.3', ['first']],
    ['creation_timestamp > 0', ['third', 'second', 'first']],
  ])('finds by %s', async (filter, expected) => {
    expect(await names({ filter })).toEqual(expected);
  });

  it('counts metrics of the named datasets only', async () => {
    const train = [{ dataset_name: 'train' }];
    expect(await names({ filter: 'metrics.acc > 0.6', datasets: train })).toEqual(['first']);
    expect(await names({ datasets: train })).toEqual(['second', 'first']);
    expect(await names({ datasets: [{ dataset_name: 'train', dataset_digest: 'other' }] })).toEqual([]);
  });

  it.each([
    [[{ field_name: 'name', ascending: true }], ['first', 'second', 'third']],
    [[{ field_name: 'creation_time' }], ['first', 'second', 'third']],
    [[{ field_name: 'metrics.acc', ascending: true, dataset_name: 'train' }], ['second', 'first', 'third']],
    [[{ field_name: 'metrics.acc', ascending: false, dataset_name: 'test' }], ['second', 'first', 'third']],
  ])('sorts by %j, those without a value last', async (order_by, expected) => {
    expect(await names({ order_by })).toEqual(expected);
  });

  it.each([1, 2, 3])('pages by %d, and the pages are the whole', async (max_results) => {
    const order_by = [{ field_name: 'metrics.acc', ascending: false, dataset_name: 'test' }];
    const seen: string[] = [];
    for (let token: string | undefined = ''; token !== undefined; ) {
      const page = await client.post('logged-models/search', {
        experiment_ids: ['0'],
        order_by,
        max_results,
        page_token: token,
      });
      seen.push(...page.models.map(({ info }: { info: { name: string } }) => info.name));
      token = page.next_page_token;
    }
    expect(seen).toEqual(['second', 'first', 'third']);
  });

  it('looks into the named experiments only', async () => {
    expect(await names({ experiment_ids: ['1'] })).toEqual([]);
  });

  it.each([
    [{ experiment_ids: [] }],
    [{ filter: 'color = 1' }],
    [{ filter: "name > 'a'" }],
    [{ filter: 'metrics.acc LIKE 1' }],
    [{ max_results: 0 }],
    [{ max_results: 1001 }],
    [{ page_token: 'x' }],
    [{ order_by: [{ field_name: 'params.depth' }] }],
    [{ order_by: [{ field_name: 'name' }, { field_name: 'name' }] }],
    [{ order_by: [{ field_name: 'metrics.acc', dataset_digest: 'd' }] }],
    [{ order_by: ['name'] }],
    [{ datasets: [{}] }],
  ])('refuses %j', async (fields) => {
    const asked = { experiment_ids: ['0'], ...fields };
    expect((await refusal('POST', 'logged-models/search', asked)).slice(0, 2)).toEqual([
      400,
      'INVALID_PARAMETER_VALUE',
    ]);
  });
});

describe('registering a logged model', () => {
  it('finds its files, takes over its run, and notes the version on it once', async () => {
    const { info } = await create({ name: 'model', source_run_id: 'r7' });
    await client.post('registered-models/create', { name: 'heart' });
    const source = `models:/${info.model_id}`;
    for (const _ of [1, 2]) {
      const { model_version } = await client.post('model-versions/create', {
        name: 'heart',
        source,
        model_id: info.model_id,
      });
      expect(model_version).toMatchObject({ source, run_id: 'r7' });
    }
    const { model } = await client.get(`logged-models/${info.model_id}`);
    const [{ key, value }] = model.info.tags;
    expect([key, JSON.parse(value)]).toEqual([
      'mlflow.modelVersions',
      [
        { name: 'heart', version: 1 },
        { name: 'heart', version: 2 },
      ],
    ]);
  });

  it('of another tracking server is taken as it is', async () => {
    await client.post('registered-models/create', { name: 'heart' });
    const source = `models:/m-${'f'.repeat(32)}`;
    await client.post('model-versions/create', { name: 'heart', source, model_id: `m-${'f'.repeat(32)}` });
    expect(await client.get('model-versions/get-download-uri', { name: 'heart', version: '1' })).toEqual({
      artifact_uri: source,
    });
  });
});
