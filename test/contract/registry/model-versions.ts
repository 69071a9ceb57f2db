import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
} from '../../support/registry/registry-server.ts';
import type { RegistryFixture } from './fixture.ts';

/** What MLflow's own tests expect of model versions. */
export const testModelVersions = ({ createDocuments }: RegistryFixture): void => {
  let services: MlflowServices;
  let client: MlflowClient;

  beforeEach(async () => {
    services = createRegistryServices(await createDocuments());
    client = mlflowClient(services);
    await client.post('registered-models/create', { name: 'heart' });
  });

  const create = async (fields: Readonly<Record<string, unknown>> = {}) =>
    (await client.post('model-versions/create', { name: 'heart', source: 's3://bucket/m', ...fields })).model_version;
  const model = async () => (await client.get('registered-models/get', { name: 'heart' })).registered_model;
  const version = async (number: string) =>
    (await client.get('model-versions/get', { name: 'heart', version: number })).model_version;

  describe('model version', () => {
    it('is numbered from 1, ready at once, and the same in get, search and latest_versions', async () => {
      const created = await create({ run_id: 'r1', tags: [{ key: 'a', value: 'b' }] });
      expect(created).toEqual({
        name: 'heart',
        version: '1',
        creation_timestamp: created.last_updated_timestamp,
        last_updated_timestamp: created.last_updated_timestamp,
        current_stage: 'None',
        description: '',
        source: 's3://bucket/m',
        run_id: 'r1',
        run_link: '',
        status: 'READY',
        tags: [{ key: 'a', value: 'b' }],
      });
      expect(await version('1')).toEqual(created);
      expect((await client.get('model-versions/search')).model_versions).toEqual([created]);
      const { registered_models: models } = await client.get('registered-models/search');
      expect(models[0].latest_versions).toEqual([created]);
      expect(models[0].last_updated_timestamp).toBe(created.last_updated_timestamp);
    });

    it.each([
      ['01', '1'],
      [' 1 ', '1'],
      ['+1', '1'],
    ])('is found by the number %j', async (asked, expected) => {
      await create();
      expect((await version(asked)).version).toBe(expected);
    });

    it('bumps the model when it is created, moved or deleted, and not when it is described or tagged', async () => {
      await create();
      const bumps = async (method: 'POST' | 'PATCH' | 'DELETE', path: string, fields: object) => {
        const before = (await model()).last_updated_timestamp;
        const { status } = await callMlflow(services, method, path, { name: 'heart', version: '1', ...fields });
        expect(status).toBe(200);
        return (await model()).last_updated_timestamp > before;
      };
      expect(await bumps('PATCH', 'model-versions/update', { description: 'x' })).toBe(false);
      expect(await bumps('POST', 'model-versions/set-tag', { key: 'a', value: 'b' })).toBe(false);
      expect(await bumps('POST', 'registered-models/alias', { alias: 'champion' })).toBe(false);
      expect(await bumps('POST', 'model-versions/transition-stage', { stage: 'staging' })).toBe(true);
      expect(await bumps('DELETE', 'model-versions/delete', {})).toBe(true);
    });

    it('bumps itself when it is described', async () => {
      const created = await create();
      await client.patch('model-versions/update', { name: 'heart', version: '1', description: 'second try' });
      const described = await version('1');
      expect(described.description).toBe('second try');
      expect(described.last_updated_timestamp).toBeGreaterThan(created.last_updated_timestamp);
      await client.patch('model-versions/update', { name: 'heart', version: '1' });
      expect((await version('1')).description).toBe('');
    });

    it('is gone after deletion, with its aliases, and its number is not given again', async () => {
      await create();
      await create();
      await create();
      await client.post('registered-models/alias', { name: 'heart', alias: 'champion', version: '3' });
      for (const number of ['1', '3']) await client.delete('model-versions/delete', { name: 'heart', version: number });
      const found = (await client.get('model-versions/search', { filter: "name = 'heart'" })).model_versions;
      expect(found.map((one: { version: string }) => one.version)).toEqual(['2']);
      const gone = 'Model Version (name=heart, version=3) not found';
      for (const [method, path, fields] of [
        ['GET', 'model-versions/get', {}],
        ['GET', 'model-versions/get-download-uri', {}],
        ['PATCH', 'model-versions/update', { description: 'x' }],
        ['POST', 'model-versions/transition-stage', { stage: 'Staging' }],
        ['POST', 'model-versions/set-tag', { key: 'a', value: 'b' }],
        ['DELETE', 'model-versions/delete-tag', { key: 'a' }],
        ['DELETE', 'model-versions/delete', {}],
        ['POST', 'registered-models/alias', { alias: 'champion' }],
      ] as const) {
        const { status, json } = await callMlflow(services, method, path, { name: 'heart', version: '3', ...fields });
        expect([status, json.message]).toEqual([404, gone]);
      }
      expect(await model()).not.toHaveProperty('aliases');
      expect((await model()).latest_versions.map((one: { version: string }) => one.version)).toEqual(['2']);
      expect((await create()).version).toBe('4');
    });

    it('has tags that are set and deleted, and may be empty', async () => {
      await create();
      await client.post('model-versions/set-tag', { name: 'heart', version: '1', key: 'a', value: '' });
      await client.post('model-versions/set-tag', { name: 'heart', version: '1', key: 'b', value: '2' });
      await client.delete('model-versions/delete-tag', { name: 'heart', version: '1', key: 'b' });
      await client.delete('model-versions/delete-tag', { name: 'heart', version: '1', key: 'b' });
      expect((await version('1')).tags).toEqual([{ key: 'a', value: '' }]);
    });

    it('gets consecutive numbers from 50 callers at once', async () => {
      const created = await Promise.all(Array.from({ length: 50 }, () => create()));
      const numbers = created.map((one) => Number(one.version)).sort((left, right) => left - right);
      expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
      expect((await model()).latest_versions[0].version).toBe('50');
    });
  });

  describe('alias', () => {
    it('is shown by model and version, resolves, moves and disappears', async () => {
      await create();
      await create();
      await client.post('registered-models/alias', { name: 'heart', alias: 'Champion', version: '1' });
      expect((await version('1')).aliases).toEqual(['Champion']);
      await client.post('registered-models/alias', { name: 'heart', alias: 'Champion', version: '2' });
      expect(await version('1')).not.toHaveProperty('aliases');
      expect((await model()).aliases).toEqual([{ alias: 'Champion', version: '2' }]);
      const byAlias = await client.get('registered-models/alias', { name: 'heart', alias: 'Champion' });
      expect(byAlias.model_version).toEqual(await version('2'));
      const { model_versions: found } = await client.get('model-versions/search', { filter: 'version_number = 2' });
      expect(found).toEqual([await version('2')]);
      await client.delete('registered-models/alias', { name: 'heart', alias: 'Champion' });
      await client.delete('registered-models/alias', { name: 'heart', alias: 'Champion' });
      const { status, json } = await callMlflow(services, 'GET', 'registered-models/alias', {
        name: 'heart',
        alias: 'Champion',
      });
      expect([status, json]).toEqual([
        400,
        { error_code: 'INVALID_PARAMETER_VALUE', message: 'Registered model alias Champion not found.' },
      ]);
    });

    it('called latest is the highest live version, whatever the stages are', async () => {
      for (let made = 0; made < 3; made += 1) await create();
      await client.post('model-versions/transition-stage', { name: 'heart', version: '2', stage: 'Production' });
      await client.delete('model-versions/delete', { name: 'heart', version: '3' });
      const latest = await client.get('registered-models/alias', { name: 'heart', alias: 'LATEST' });
      expect(latest.model_version.version).toBe('2');
    });
  });
};
