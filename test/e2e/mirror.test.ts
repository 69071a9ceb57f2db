import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFakeOrigin, mlflowDelivery, serveOrigin } from '../support/registry/fake-origin.ts';
import { quickPolicy, withStack } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const EXAMPLE = new URL('../../examples/diabetes/models/v1/', import.meta.url);
const SECRET = 'a-secret-that-only-this-test-uses';
const ROOT = '1/models/m-1/artifacts';

const site = withStack({ flags: ['--allow-private-egress'] });
const origin = createFakeOrigin();
let server: Awaited<ReturnType<typeof serveOrigin>>;

const tell = (entity: string, action: string, data: object, options = {}) => {
  const { body, headers } = mlflowDelivery(SECRET, { entity, action, data }, options);
  return site.story.stack.call('POST', '/webhooks/mlflow', { body: Buffer.from(body), headers });
};

const version = async (number: string) =>
  (await site.story.stack.call('GET', `/api/v1/models/r-diabetes/versions/${number}`)).json;

beforeAll(async () => {
  server = await serveOrigin(origin);
  origin.authorization = 'Bearer of-the-origin-server';
  for (const name of await readdir(EXAMPLE))
    origin.files.set(`${ROOT}/${name}`, await readFile(new URL(name, EXAMPLE)));
  const { client } = site.story;
  await client.request('PUT', '/api/v1/policies/mirrored', quickPolicy('diabetes', 'r-*'));
  await client.request('PUT', '/api/v1/origins/research', {
    dialect: 'mlflow',
    url: server.url,
    secret: SECRET,
    credential: { token: 'of-the-origin-server' },
    models: ['diabetes'],
    prefix: 'r-',
  });
});

afterAll(() => server.close());

describe('another registry that tells of its versions', () => {
  it('has them mirrored, packaged from its own artifacts, and rolled out', async () => {
    origin.versions.set('diabetes/4', { source: 'models:/m-1', artifactUri: `mlflow-artifacts:/${ROOT}` });
    const data = { name: 'diabetes', version: '4', source: 'models:/m-1', run_id: null, tags: {}, description: null };

    origin.aliases.set('diabetes@candidate', '4');

    const alias = await tell('model_version_alias', 'created', { name: 'diabetes', alias: 'candidate', version: '4' });
    const [first, again] = [
      await tell('model_version', 'created', data, { id: 'delivery-1', at: Date.now() }),
      await tell('model_version', 'created', data),
    ];
    await site.story.rollout('r-diabetes', '4', ['Succeeded']);

    expect([alias.status, first.status, again.status]).toEqual([200, 200, 200]);
    expect(await version('4')).toMatchObject({
      origin: 'mlflow-server',
      originOf: { server: 'research', name: 'diabetes', version: '4' },
      location: `${server.url}/api/2.0/mlflow-artifacts/artifacts/${ROOT}`,
    });
    expect((await site.story.predict('diabetes')).status).toBe(200);
    await until('the alias to follow', async () => (await version('4')).aliases.includes('candidate'));
    expect(await site.story.client.journal('registry', 'slipway.model.registered')).toHaveLength(1);
  });

  it('is told what to do when its files cannot be read', async () => {
    const data = { name: 'diabetes', version: '5', source: 's3://theirs/model', tags: {} };

    await tell('model_version', 'created', data);
    const { outcome } = await site.story.rollout('r-diabetes', '5', ['Failed', 'Succeeded']);

    expect(outcome).toMatchObject({
      reason: 'package-refused',
      message: expect.stringContaining(
        "'s3://theirs/model' is not behind the artifact proxy of the origin server 'research'",
      ),
    });
  });

  it('is not believed without its signature', async () => {
    const { body, headers } = mlflowDelivery(SECRET, { entity: 'model_version', action: 'created', data: {} });
    const altered = { body: Buffer.from(`${body} `), headers };

    expect((await site.story.stack.call('POST', '/webhooks/mlflow', altered)).status).toBe(401);
    expect((await site.story.client.request('GET', '/api/v1/events/parked')) as { items: unknown[] }).toEqual({
      items: [],
    });
  });
});
