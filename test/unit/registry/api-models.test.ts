import { beforeEach, describe, expect, it } from 'vitest';
import { apiModel, apiVersion } from '../../../functions/http/api/models.ts';
import { mlflowRoutes } from '../../../functions/http/mlflow/routes.ts';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { createRegistryServices, mlflowClient, send } from '../../support/registry/registry-server.ts';

describe('own API of models', () => {
  let services: MlflowServices;

  beforeEach(async () => {
    services = createRegistryServices();
    const client = mlflowClient(services);
    for (const name of ['a', 'b c', 'd']) await client.post('registered-models/create', { name });
    await client.post('model-versions/create', {
      name: 'b c',
      source: 's3://bucket/1',
      tags: [{ key: 'k', value: 'v' }],
    });
  });

  const get = (path: string, query?: URLSearchParams) =>
    send(services, { method: 'GET', path: `api/v1/${path}`, ...(query === undefined ? {} : { query }) });

  it('lists models by name, page by page', async () => {
    const first = await get('models', new URLSearchParams({ limit: '2' }));
    expect(first.json.items.map(({ name }: { name: string }) => name)).toEqual(['a', 'b c']);
    const second = await get('models', new URLSearchParams({ limit: '2', cursor: first.json.next }));
    expect(second.json.items.map(({ name }: { name: string }) => name)).toEqual(['d']);
    expect(second.json).not.toHaveProperty('next');
    for (const item of first.json.items) expect(apiModel.parse(item)).toEqual(item);
  });

  it('gives one model and one version, with an ETag that changes with what is shown', async () => {
    const version = await get('models/b%20c/versions/1');
    expect(apiVersion.parse(version.json)).toEqual(version.json);
    expect(version.json).toMatchObject({ name: 'b c', version: '1', tags: { k: 'v' }, origin: 'mlflow', aliases: [] });
    const model = await get('models/b%20c');
    expect(model.json.latestVersions).toEqual([version.json]);
    expect(version.headers?.['ETag']).toMatch(/^".+"$/);
    await mlflowClient(services).post('registered-models/alias', { name: 'b c', version: '1', alias: 'champion' });
    const after = await get('models/b%20c/versions/1');
    expect(after.json.aliases).toEqual(['champion']);
    expect(after.headers?.['ETag']).not.toBe(version.headers?.['ETag']);
  });

  describe('by tag', () => {
    const names = ({ json }: { json: { items: { name: string; version?: string }[] } }) =>
      json.items.map(({ name, version }) => (version === undefined ? name : `${name} ${version}`));
    const find = (path: string, ...tags: readonly string[]) =>
      get(path, new URLSearchParams(tags.map((tag): [string, string] => ['tag', tag])));

    beforeEach(async () => {
      const client = mlflowClient(services);
      const tag = (name: string, key: string, value: string) =>
        client.post('registered-models/set-tag', { name, key, value });
      await tag('a', 'team', 'cardio');
      await tag('a', 'stage', 'prod');
      await tag('b c', 'team', 'cardio');
      await tag('b c', 'query', 'a=b=c');
      await tag('d', 'team', 'o\'brien "x"\nsecond line');
      for (const [name, key, value] of [
        ['a', 'team', 'cardio'],
        ['b c', 'team', 'cardio'],
        ['b c', 'k', 'w'],
      ]) {
        await client.post('model-versions/create', { name, source: 's3://bucket/2', tags: [{ key, value }] });
      }
    });

    it.each([
      [['team=cardio'], ['a', 'b c']],
      [['team=cardio', 'stage=prod'], ['a']],
      [['team'], ['a', 'b c', 'd']],
      [['team', 'query'], ['b c']],
      [['query=a=b=c'], ['b c']],
      [['query=a'], []],
      [['team='], []],
      [['team=o\'brien "x"\nsecond line'], ['d']],
      [['none'], []],
      [['TEAM=cardio'], []],
    ])('finds models with %o', async (tags, expected) => {
      expect(names(await find('models', ...tags))).toEqual(expected);
    });

    it.each([
      ['models/b%20c/versions', [], ['b c 3', 'b c 2', 'b c 1']],
      ['models/b%20c/versions', ['k=v'], ['b c 1']],
      ['models/b%20c/versions', ['k'], ['b c 3', 'b c 1']],
      ['models/b%20c/versions', ['k=v', 'team=cardio'], []],
      ['versions', ['team=cardio'], ['b c 2', 'a 1']],
      ['versions', ['k=w'], ['b c 3']],
    ])('of %s finds with %o versions', async (path, tags, expected) => {
      expect(names(await find(path, ...tags))).toEqual(expected);
    });

    it('goes page by page', async () => {
      const page = (cursor?: string) =>
        get('versions', new URLSearchParams({ tag: 'team', limit: '1', ...(cursor === undefined ? {} : { cursor }) }));
      const first = await page();
      const second = await page(first.json.next);

      expect([...names(first), ...names(second)]).toEqual(['b c 2', 'a 1']);
      expect(second.json).not.toHaveProperty('next');
    });

    it('says how to write it', async () => {
      for (const tag of ['', '=cardio']) {
        expect((await find('models', tag)).json).toMatchObject({
          status: 400,
          detail: expect.stringContaining('write name=value, or the name alone for any value'),
        });
      }
      expect((await find('models', ...Array.from({ length: 11 }, () => 'a'))).json).toMatchObject({ status: 400 });
      expect((await find('models/nobody/versions', 'a')).json).toMatchObject({ status: 404 });
    });
  });

  it.each([
    ['models/x', 404, 'Registered Model with name=x not found'],
    ['models/a/versions/1', 404, 'Model Version (name=a, version=1) not found'],
    ['models/a/versions/x', 400, "Parameter 'version' must be an integer, got 'x'."],
    ['models?limit=0', 400, 'query.limit'],
    ['models?cursor=x', 400, 'Invalid page token'],
  ])('answers %s with a problem', async (path, status, detail) => {
    const [bare = '', query = ''] = path.split('?');
    const answered = await get(bare, new URLSearchParams(query));
    expect(answered.json).toMatchObject({ status, detail: expect.stringContaining(detail) });
    expect(answered.headers?.['Content-Type']).toBe('application/problem+json');
  });
});

describe('routes of the MLflow API', () => {
  it('have names of their own, and each a place of its own', () => {
    expect(new Set(mlflowRoutes.map(({ name }) => name)).size).toBe(mlflowRoutes.length);
    expect(new Set(mlflowRoutes.map(({ method, path }) => `${method} ${path}`)).size).toBe(mlflowRoutes.length);
  });
});
