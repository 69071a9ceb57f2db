import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
} from '../../support/registry/registry-server.ts';
import type { RegistryFixture } from './fixture.ts';

/** What MLflow's own tests expect of registered models. */
export const testRegisteredModels = ({ createDocuments }: RegistryFixture): void => {
  let services: MlflowServices;
  let client: MlflowClient;

  beforeEach(async () => {
    services = createRegistryServices(await createDocuments());
    client = mlflowClient(services);
  });

  const refused = async (...call: Parameters<typeof callMlflow> extends [unknown, ...infer Rest] ? Rest : never) => {
    const { status, json } = await callMlflow(services, ...call);
    return { status, ...json };
  };

  describe('registered model', () => {
    it('is created with its tags, without description and versions, and read back the same', async () => {
      const created = await client.post('registered-models/create', {
        name: 'heart',
        tags: [{ key: 'team', value: 'cardio' }, { key: 'year', value: '2026' }, { key: 'none' }],
      });
      expect(created).toEqual({
        registered_model: {
          name: 'heart',
          creation_timestamp: 1_767_225_600_001,
          last_updated_timestamp: 1_767_225_600_001,
          tags: [
            { key: 'team', value: 'cardio' },
            { key: 'year', value: '2026' },
            { key: 'none', value: '' },
          ],
        },
      });
      expect(await client.get('registered-models/get', { name: 'heart' })).toEqual(created);
    });

    it('keeps the last of equal tag keys', async () => {
      const tags = ['1', '2'].map((value) => ({ key: 'a', value }));
      const { registered_model: model } = await client.post('registered-models/create', { name: 'heart', tags });
      expect(model.tags).toEqual([{ key: 'a', value: '2' }]);
    });

    it('is found by search without filter, with an empty one and by name', async () => {
      await client.post('registered-models/create', { name: 'heart' });
      for (const asked of [{}, { filter: '' }, { filter: "name = 'heart'" }]) {
        const { registered_models: models } = await client.get('registered-models/search', asked);
        expect(models.map(({ name }: { name: string }) => name)).toEqual(['heart']);
      }
    });

    it('is refused when the name is taken, gone after deletion, and new when created again', async () => {
      const { registered_model: first } = await client.post('registered-models/create', { name: 'heart' });
      await client.post('model-versions/create', { name: 'heart', source: 's3://bucket/1' });
      expect(await refused('POST', 'registered-models/create', { name: 'heart' })).toEqual({
        status: 400,
        error_code: 'RESOURCE_ALREADY_EXISTS',
        message: 'Registered Model (name=heart) already exists.',
      });
      await client.delete('registered-models/delete', { name: 'heart' });
      const gone = {
        status: 404,
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: 'Registered Model with name=heart not found',
      };
      expect(await refused('POST', 'registered-models/rename', { name: 'heart', new_name: 'x' })).toEqual(gone);
      expect(await refused('DELETE', 'registered-models/delete', { name: 'heart' })).toEqual(gone);
      expect(await client.get('model-versions/search')).toEqual({});
      const { registered_model: second } = await client.post('registered-models/create', { name: 'heart' });
      expect(second.creation_timestamp).toBeGreaterThan(first.creation_timestamp);
      const { model_version: version } = await client.post('model-versions/create', {
        name: 'heart',
        source: 's3://bucket/2',
      });
      expect(version.version).toBe('1');
    });

    it('keeps creation time, versions, tags and aliases through two renames and a description', async () => {
      const { registered_model: created } = await client.post('registered-models/create', {
        name: 'first',
        tags: [{ key: 'team', value: 'cardio' }],
      });
      await client.post('model-versions/create', { name: 'first', source: 's3://bucket/1' });
      await client.post('registered-models/alias', { name: 'first', alias: 'champion', version: '1' });
      await client.post('registered-models/rename', { name: 'first', new_name: 'second' });
      await client.patch('registered-models/update', { name: 'second', description: 'beats' });
      await client.post('registered-models/rename', { name: 'second', new_name: 'third' });
      const { registered_model: model } = await client.get('registered-models/get', { name: 'third' });
      expect(model).toMatchObject({
        name: 'third',
        creation_timestamp: created.creation_timestamp,
        description: 'beats',
        tags: [{ key: 'team', value: 'cardio' }],
        aliases: [{ alias: 'champion', version: '1' }],
        latest_versions: [{ name: 'third', version: '1', last_updated_timestamp: model.last_updated_timestamp }],
      });
      for (const name of ['first', 'second']) {
        expect(await refused('GET', 'registered-models/get', { name })).toMatchObject({
          status: 404,
          message: `Registered Model with name=${name} not found`,
        });
      }
      // Both names are free again.
      await client.post('registered-models/create', { name: 'first' });
      await client.post('registered-models/rename', { name: 'third', new_name: 'second' });
    });

    it('may be renamed to its own name, but not to that of another', async () => {
      await client.post('registered-models/create', { name: 'heart' });
      await client.post('registered-models/create', { name: 'liver' });
      await client.post('registered-models/rename', { name: 'heart', new_name: 'heart' });
      expect(await refused('POST', 'registered-models/rename', { name: 'heart', new_name: 'liver' })).toMatchObject({
        status: 400,
        error_code: 'RESOURCE_ALREADY_EXISTS',
        message: 'Registered Model (name=liver) already exists.',
      });
      expect(await client.get('registered-models/get', { name: 'heart' })).toBeDefined();
    });

    it('loses its description when it is updated without', async () => {
      await client.post('registered-models/create', { name: 'heart', description: 'beats' });
      const { registered_model: model } = await client.patch('registered-models/update', { name: 'heart' });
      expect(model).not.toHaveProperty('description');
    });

    it('has tags that are set, overwritten and deleted, and may be empty', async () => {
      const tagsNow = async () =>
        (await client.get('registered-models/get', { name: 'heart' })).registered_model.tags ?? [];
      const { registered_model: created } = await client.post('registered-models/create', { name: 'heart' });
      await client.post('registered-models/set-tag', { name: 'heart', key: 'a', value: '1' });
      await client.post('registered-models/set-tag', { name: 'heart', key: 'b', value: '' });
      await client.post('registered-models/set-tag', { name: 'heart', key: 'a', value: '2' });
      expect(await tagsNow()).toEqual([
        { key: 'a', value: '2' },
        { key: 'b', value: '' },
      ]);
      await client.delete('registered-models/delete-tag', { name: 'heart', key: 'a' });
      await client.delete('registered-models/delete-tag', { name: 'heart', key: 'a' });
      expect(await tagsNow()).toEqual([{ key: 'b', value: '' }]);
      const { registered_model: model } = await client.get('registered-models/get', { name: 'heart' });
      expect(model.last_updated_timestamp).toBe(created.last_updated_timestamp);
    });

    it('has names of any script and length up to 256, and tag keys of any name', async () => {
      for (const name of ['心臓 モデル', '心'.repeat(256), 'constructor', '__proto__', "o'brien"]) {
        await client.post('registered-models/create', { name, tags: [{ key: '__proto__', value: 'x' }] });
        const { registered_model: model } = await client.get('registered-models/get', { name });
        expect(model).toMatchObject({ name, tags: [{ key: '__proto__', value: 'x' }] });
      }
    });
  });
};
