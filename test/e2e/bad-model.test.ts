import { beforeAll, describe, expect, it } from 'vitest';
import { type BadModel, badModels, goodModel, type ModelFolder } from '../support/bad-models.ts';
import { quickPolicy, withStack } from '../support/stack-story.ts';

const HOST = 'local/host/main.ts';
const BAD = await badModels();
const TABLE = Object.entries(BAD).map(([model, { why, told }]) => ({ model, why, told }));

const site = withStack();
let hostPid: number | undefined;

const register = async (model: string, files: ModelFolder, source?: string): Promise<void> => {
  const { stack, client } = site.story;
  const artifacts = `0/${model}/artifacts`;
  for (const [name, body] of Object.entries(files)) {
    const { status } = await stack.call('PUT', `/api/2.0/mlflow-artifacts/artifacts/${artifacts}/${name}`, {
      body: Buffer.from(body),
    });
    expect(status).toBe(200);
  }
  await client.request('POST', '/api/2.0/mlflow/registered-models/create', { name: model });
  await client.request('POST', '/api/2.0/mlflow/model-versions/create', {
    name: model,
    source: source ?? `mlflow-artifacts:/${artifacts}`,
  });
};

beforeAll(async () => {
  hostPid = site.story.stack.pidOf(HOST);
  await site.story.client.request('PUT', '/api/v1/policies/bad', quickPolicy('{model}', 'bad-*'));
  await site.story.client.request('PUT', '/api/v1/policies/good', quickPolicy('good', 'good'));
  const register1 = ([model, { files }]: [string, BadModel]) => register(model, files);
  await Promise.all(Object.entries(BAD).map(register1));
});

describe('a model version that cannot be served', () => {
  it.each(TABLE)('fails its rollout and says what to do about $why', async ({ model, told }) => {
    const rollout = await site.story.rollout(model, '1', ['Failed', 'Succeeded']);

    expect(rollout.phase).toBe('Failed');
    expect(rollout.outcome).toMatchObject({ reason: 'package-refused', message: expect.stringMatching(told) });
  });

  it('fails its rollout when its files are where nobody here can read', async () => {
    await register('bad-source', {}, 's3://bucket/model');

    const rollout = await site.story.rollout('bad-source', '1', ['Failed', 'Succeeded']);

    expect(rollout.outcome).toMatchObject({
      reason: 'package-refused',
      message: expect.stringContaining("this server has no access to 's3://bucket/model'"),
    });
  });

  it('is journaled as refused, and announced as failed', async () => {
    const { client } = site.story;
    const refused = await client.journal('registry', 'slipway.package.refused');
    const failed = await client.journal('endpoints', 'slipway.rollout.failed');

    const models = [...TABLE.map(({ model }) => model), 'bad-source'].sort();
    expect(refused.map(({ data: { model } }) => model).sort()).toEqual(models);
    expect(failed.map(({ data: { model } }) => model).sort()).toEqual(models);
  });
});

describe('a command that makes no sense in the phase', () => {
  const command = async (id: string, type: string) =>
    site.story.stack.call('POST', `/api/v1/rollouts/${encodeURIComponent(id)}/commands`, { body: { type } });

  it.each(['pause', 'resume', 'abort', 'approve', 'reject', 'promote', 'promote-full', 'rollback'])(
    'is refused with 409: %s of a rollout that has failed',
    async (type) => {
      const { id } = await site.story.rollout('bad-yaml', '1', ['Failed']);

      const reply = await command(id, type);

      expect(reply.status).toBe(409);
      expect(reply.json).toMatchObject({
        code: 'INVALID_STATE',
        status: 409,
        details: { rollout: id, phase: 'Failed' },
      });
      expect(reply.json.detail).toMatch(new RegExp(`^cannot ${type} a rollout in phase Failed: .+`));
    },
  );

  it('is refused with 412 when the rollout has moved on', async () => {
    const { id } = await site.story.rollout('bad-yaml', '1', ['Failed']);

    const reply = await site.story.stack.call('POST', `/api/v1/rollouts/${encodeURIComponent(id)}/commands`, {
      body: { type: 'retry', expectRev: 0 },
    });

    expect(reply.status).toBe(412);
  });
});

describe('after all of that', () => {
  it('the same host rolls a good model out', async () => {
    await register('good', await goodModel());

    await site.story.rollout('good', '1', ['Succeeded']);

    expect(hostPid).toBeGreaterThan(0);
    expect(site.story.stack.pidOf(HOST)).toBe(hostPid);
    expect((await site.story.client.request('GET', '/api/v1/events/parked')) as { items: unknown[] }).toEqual({
      items: [],
    });
  });
});
