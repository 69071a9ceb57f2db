import { describe, expect, it } from 'vitest';
import { quickPolicy, withStack } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const MODEL = 'diabetes';
const site = withStack();

const mlflow = (method: string, path: string, body: unknown) =>
  site.story.stack.call(method, `/api/2.0/mlflow/${path}`, { body });
const setAlias = (alias: string, version: string) =>
  mlflow('POST', 'registered-models/alias', { name: MODEL, alias, version });
const deleteVersion = (version: string) => mlflow('DELETE', 'model-versions/delete', { name: MODEL, version });
const rolloutOf = (version: string) => site.story.rollout(MODEL, version, ['Succeeded']);

describe('versions that are rolled out when an alias or a stage says so', () => {
  it('go to their endpoint then, and not when they are registered', async () => {
    const { client } = site.story;
    const policy = quickPolicy('diabetes', MODEL);
    await client.request('PUT', '/api/v1/policies/on-alias', { ...policy, trigger: { alias: 'challenger' } });
    await client.request('PUT', '/api/v1/policies/on-stage', { ...policy, trigger: { stage: 'Production' } });
    for (const example of ['v1', 'v2']) await site.story.register(MODEL, example);

    await setAlias('challenger', '1');
    expect((await rolloutOf('1')).outcome).toMatchObject({ reason: 'promoted' });
    expect(await client.rollouts(MODEL)).toHaveLength(1);

    await mlflow('POST', 'model-versions/transition-stage', { name: MODEL, version: '2', stage: 'Production' });
    expect((await rolloutOf('2')).outcome).toMatchObject({ reason: 'promoted' });
    expect(await site.story.champion(MODEL)).toBe('2');
    expect(await client.rollouts(MODEL)).toHaveLength(2);
  });

  it('are not deleted while they serve, and who uses them is named', async () => {
    const { status, json } = await deleteVersion('2');

    expect(status).toBe(409);
    expect(json).toMatchObject({
      error_code: 'RESOURCE_CONFLICT',
      message: expect.stringMatching(/version 2 serves endpoint diabetes as deployment v2-/),
    });
    expect((await mlflow('DELETE', 'registered-models/delete', { name: MODEL })).status).toBe(409);
    expect((await deleteVersion('1')).status).toBe(200);
  });

  it('have a lineage that tells of it, also after they were deleted', async () => {
    const lineage = await until('the deployment of version 1 to be gone', async () => {
      const { json } = await site.story.stack.call('GET', `/api/v1/models/${MODEL}/versions/1/lineage`);
      return json.deployments[0]?.health === 'retired' && json;
    });

    expect(lineage).toMatchObject({
      version: '1',
      deletedAt: expect.any(String),
      registered: { origin: 'mlflow' },
      packages: [{ digest: expect.stringMatching(/^sha256:/) }],
      rollouts: [{ on: 'alias challenger', phase: 'Succeeded', outcome: { reason: 'promoted' } }],
      aliases: [{ alias: 'challenger' }, { alias: 'champion', movedTo: '2' }],
      truncated: false,
    });
    const { json: two } = await site.story.stack.call('GET', `/api/v1/models/${MODEL}/versions/2/lineage`);
    expect(two).toMatchObject({
      rollouts: [{ on: 'stage Production' }],
      deployments: [{ endpoint: 'diabetes', stable: true }],
      stages: [{ stage: 'Production' }],
    });
  });

  it('are found by their tags', async () => {
    await mlflow('POST', 'model-versions/set-tag', { name: MODEL, version: '2', key: 'query', value: 'a=b' });
    const { json } = await site.story.stack.call('GET', `/api/v1/models/${MODEL}/versions?tag=query%3Da%3Db`);

    expect(json.items).toMatchObject([{ name: MODEL, version: '2' }]);
  });
});
