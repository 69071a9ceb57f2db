import { beforeEach, describe, expect, it } from 'vitest';
import { modelRoutes } from '../../../functions/http/api/models.ts';
import { mlflowRoutes } from '../../../functions/http/mlflow/routes.ts';
import type { Grant } from '../../../shared/platform/access/grant.ts';
import type { Method } from '../../../shared/platform/http/route.ts';
import { bearer, createAccessWorld, ROOT_TOKEN } from '../../support/access.ts';
import { callerOf } from '../../support/call-route.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const MLFLOW = '/api/2.0/mlflow';
const NAMES = ['fraud', 'heart', 'heart-1', 'heart-2', 'lung'];

type Ask = Awaited<ReturnType<typeof createRegistry>>['asRoot'];

const createRegistry = async () => {
  const world = createAccessWorld();
  const documents = createMemoryDocuments();
  const call = callerOf([...mlflowRoutes, ...modelRoutes], createRegistryServices(documents, { access: world.access }));
  const as =
    (token: string) =>
    async (method: Method, path: string, fields: Record<string, string> = {}) => {
      const query = method === 'GET' ? `?${new URLSearchParams(fields)}` : '';
      const body = method === 'GET' ? {} : { body: fields };
      const { status = 200, json } = await call(method, `${path}${query}`, { ...body, headers: bearer(token) });
      // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
      return { status, json: json as any };
    };
  const asRoot = as(ROOT_TOKEN);
  for (const name of NAMES) {
    await asRoot('POST', `${MLFLOW}/registered-models/create`, { name });
    await asRoot('POST', `${MLFLOW}/model-versions/create`, { name, source: `s3://bucket/${name}` });
  }
  const journal = () => documents.all().filter(({ value }) => value.kind === 'journal');
  return { asRoot, asOne: async (...grants: Grant[]) => as(await world.tokenFor(grants)), journal };
};

let registry: Awaited<ReturnType<typeof createRegistry>>;

beforeEach(async () => {
  registry = await createRegistry();
});

const namesIn = (list: readonly { readonly name: string }[] = []): readonly string[] =>
  list.map(({ name }) => name).toSorted();

describe('who may publish some models', () => {
  const CALLS: readonly [Method, string, (name: string) => Record<string, string>][] = [
    ['POST', 'model-versions/create', (name) => ({ name, source: 's3://bucket/x' })],
    ['PATCH', 'registered-models/update', (name) => ({ name, description: 'd' })],
    ['POST', 'registered-models/set-tag', (name) => ({ name, key: 'k', value: 'v' })],
    ['DELETE', 'registered-models/delete-tag', (name) => ({ name, key: 'k' })],
    ['POST', 'registered-models/alias', (name) => ({ name, alias: 'best', version: '1' })],
    ['GET', 'registered-models/alias', (name) => ({ name, alias: 'best' })],
    ['DELETE', 'registered-models/alias', (name) => ({ name, alias: 'best' })],
    ['GET', 'registered-models/get', (name) => ({ name })],
    ['GET', 'registered-models/get-latest-versions', (name) => ({ name })],
    ['POST', 'registered-models/get-latest-versions', (name) => ({ name })],
    ['GET', 'model-versions/get', (name) => ({ name, version: '1' })],
    ['GET', 'model-versions/get-download-uri', (name) => ({ name, version: '1' })],
    ['PATCH', 'model-versions/update', (name) => ({ name, version: '1', description: 'd' })],
    ['POST', 'model-versions/set-tag', (name) => ({ name, version: '1', key: 'k', value: 'v' })],
    ['DELETE', 'model-versions/delete-tag', (name) => ({ name, version: '1', key: 'k' })],
    ['POST', 'model-versions/transition-stage', (name) => ({ name, version: '1', stage: 'Staging' })],
    ['DELETE', 'model-versions/delete', (name) => ({ name, version: '1' })],
    ['DELETE', 'registered-models/delete', (name) => ({ name })],
  ];

  it.each(CALLS)('may call %s %s for them and for no other', async (method, path, fieldsOf) => {
    const ask = await registry.asOne({ role: 'publisher', models: ['heart-*'] });
    if (path.endsWith('alias') && method !== 'POST') {
      for (const name of NAMES)
        await registry.asRoot('POST', `${MLFLOW}/registered-models/alias`, { name, alias: 'best', version: '1' });
    }
    const before = registry.journal().length;

    for (const name of ['fraud', 'heart', 'not-there']) {
      const { status, json } = await ask(method, `${MLFLOW}/${path}`, fieldsOf(name));
      expect([status, json.error_code], name).toEqual([403, 'PERMISSION_DENIED']);
      expect(json.message).toContain(`on model '${name}'`);
    }
    expect(registry.journal()).toHaveLength(before);
    expect((await ask(method, `${MLFLOW}/${path}`, fieldsOf('heart-1'))).status).toBe(200);
  });

  it('may create models with such names only', async () => {
    const ask = await registry.asOne({ role: 'publisher', models: ['heart-*'] });
    const create = async (name: string) => (await ask('POST', `${MLFLOW}/registered-models/create`, { name })).status;

    expect([await create('heart-3'), await create('lung-3'), await create('heart')]).toEqual([200, 403, 403]);
  });

  it('may give a model another such name, and neither take one from others nor give one away', async () => {
    const ask = await registry.asOne({ role: 'publisher', models: ['heart-*'] });
    const rename = async (name: string, newName: string) =>
      (await ask('POST', `${MLFLOW}/registered-models/rename`, { name, new_name: newName })).status;

    expect([await rename('heart-1', 'lung-1'), await rename('lung', 'heart-9')]).toEqual([403, 403]);
    expect(await rename('heart-1', 'heart-9')).toBe(200);
  });

  it.each(['models:/fraud/1', 'models:/fraud@best', 'MODELS:/fraud/1', 'models:/fr%61ud/latest', 'models:///fraud/1'])(
    'may not make a version out of %s, which he may not read',
    async (source) => {
      await registry.asRoot('POST', `${MLFLOW}/registered-models/alias`, {
        name: 'fraud',
        alias: 'best',
        version: '1',
      });
      const wish = { name: 'heart-1', source };
      const blind = await registry.asOne({ role: 'publisher', models: ['heart-*'] });
      const seeing = await registry.asOne({ role: 'publisher', models: ['heart-*'] }, { role: 'reader' });

      expect(await blind('POST', `${MLFLOW}/model-versions/create`, wish)).toMatchObject({
        status: 403,
        json: { message: expect.stringContaining("reader on model 'fraud'") },
      });
      expect((await seeing('POST', `${MLFLOW}/model-versions/create`, wish)).status).toBe(200);
    },
  );
});

describe('who may read some models', () => {
  const search = async (ask: Ask, what: string, fields: Record<string, string> = {}) => {
    const { json } = await ask('GET', `${MLFLOW}/${what}/search`, fields);
    return namesIn(json.registered_models ?? json.model_versions);
  };

  it.each<[string, string[], string[]]>([
    ['one pattern', ['heart-*'], ['heart-1', 'heart-2']],
    ['one name', ['heart'], ['heart']],
    ['several', ['lung', 'heart-*'], ['heart-1', 'heart-2', 'lung']],
    ['everything by a pattern', ['*'], NAMES],
    ['nothing that is there', ['kidney*'], []],
  ])('by %s finds these and no others', async (_, models, visible) => {
    const ask = await registry.asOne({ role: 'reader', models });

    for (const what of ['registered-models', 'model-versions']) {
      expect(await search(ask, what)).toEqual(visible);
      expect(await search(ask, what, { order_by: 'last_updated_timestamp DESC' })).toEqual(visible);
      expect(await search(ask, what, { filter: "name LIKE '%a%'" })).toEqual(visible.filter((name) => /a/.test(name)));
      expect(await search(ask, what, { filter: "name = 'fraud'" })).toEqual(visible.filter((name) => name === 'fraud'));
    }
    expect(namesIn((await ask('GET', '/api/v1/models')).json.items)).toEqual(visible);
  });

  it('gets full pages of what he may see', async () => {
    const ask = await registry.asOne({ role: 'reader', models: ['lung', 'heart-*'] });
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const { json } = await ask('GET', `${MLFLOW}/registered-models/search`, {
        max_results: '1',
        ...(token === undefined ? {} : { page_token: token }),
      });
      expect(json.registered_models).toHaveLength(1);
      seen.push(...namesIn(json.registered_models));
      token = json.next_page_token;
    } while (token !== undefined);

    expect(seen).toEqual(['heart-1', 'heart-2', 'lung']);
  });

  it('may look at them in our own API, and may not download files of others', async () => {
    const ask = await registry.asOne({ role: 'reader', models: ['heart-*'] });
    const file = { name: 'fraud', version: '1', path: 'MLmodel' };

    expect((await ask('GET', '/api/v1/models/heart-1')).status).toBe(200);
    expect((await ask('GET', '/api/v1/models/fraud')).status).toBe(403);
    expect((await ask('GET', '/api/v1/models/fraud/versions/1')).status).toBe(403);
    expect((await ask('GET', '/model-versions/get-artifact', file)).status).toBe(403);
    expect((await ask('GET', '/model-versions/get-artifact', { ...file, name: 'heart-1' })).status).not.toBe(403);
  });

  it('may change none of them', async () => {
    const ask = await registry.asOne({ role: 'reader', models: ['heart-*'] });

    expect((await ask('DELETE', `${MLFLOW}/registered-models/delete`, { name: 'heart-1' })).status).toBe(403);
  });
});

describe('the journal of the registry', () => {
  it('names who made a change', async () => {
    const ask = await registry.asOne({ role: 'publisher', models: ['heart-*'] });
    await ask('POST', `${MLFLOW}/model-versions/create`, { name: 'heart-1', source: 's3://bucket/new' });

    expect(registry.journal().map(({ value }) => value)).toContainEqual(
      expect.objectContaining({
        type: 'slipway.model.registered',
        subject: 'models/heart-1/versions/2',
        actor: 'token ada',
      }),
    );
  });
});
