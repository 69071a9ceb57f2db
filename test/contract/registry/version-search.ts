import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { createRegistryServices, type MlflowClient, mlflowClient } from '../../support/registry/registry-server.ts';
import type { RegistryFixture } from './fixture.ts';

interface Found {
  readonly name: string;
  readonly version: string;
}

/** What MLflow's own tests expect of searches for model versions, of stages and of sources. */
export const testVersionSearch = ({ createDocuments }: RegistryFixture): void => {
  let services: MlflowServices;
  let client: MlflowClient;

  beforeEach(async () => {
    services = createRegistryServices(await createDocuments());
    client = mlflowClient(services);
  });

  const create = async (name: string, fields: Readonly<Record<string, unknown>> = {}) => {
    const wish = { name, source: `s3://bucket/${name}`, ...fields };
    return (await client.post('model-versions/create', wish)).model_version;
  };
  const search = async (asked: Readonly<Record<string, unknown>>): Promise<string[]> => {
    const found: string[] = [];
    let token: string | undefined;
    do {
      const more = token === undefined ? {} : { page_token: token };
      const page = await client.get('model-versions/search', { ...asked, ...more });
      found.push(...(page.model_versions ?? []).map(({ name, version }: Found) => `${name}/${version}`));
      token = page.next_page_token;
    } while (token !== undefined);
    return found;
  };

  describe('search for model versions', () => {
    const created: string[] = [];

    beforeEach(async () => {
      created.length = 0;
      for (const [index, name] of ['a', 'b', 'c', 'b', 'a', 'b'].entries()) {
        if (index < 3) await client.post('registered-models/create', { name });
        const tags = index % 2 === 0 ? [{ key: 'even', value: 'yes' }] : [];
        const { version } = await create(name, { run_id: `run${index}`, tags });
        created.push(`${name}/${version}`);
      }
    });

    it.each([1, 4, 100])('gives the newest first, with %i on a page', async (max) => {
      expect(await search({ max_results: max })).toEqual(created.toReversed());
    });

    it.each([
      ['name DESC', ['c/1', 'b/3', 'b/2', 'b/1', 'a/2', 'a/1']],
      ['version_number DESC', ['b/3', 'a/2', 'b/2', 'a/1', 'b/1', 'c/1']],
      ['creation_timestamp', ['a/1', 'b/1', 'c/1', 'b/2', 'a/2', 'b/3']],
    ])('sorts by %s, then by name and by number from the highest', async (order, expected) => {
      for (const max of [1, 4, 100]) expect(await search({ max_results: max, order_by: [order] })).toEqual(expected);
    });

    it.each([
      ["name = 'b'", ['b/3', 'b/2', 'b/1']],
      ["name = 'unknown'", []],
      ["name ILIKE 'A' AND version_number > 1", ['a/2']],
      ['version_number >= 2.5', ['b/3']],
      ["run_id = 'run1'", ['b/1']],
      ["run_id IN ('run1', 'run2', 'RUN3')", ['c/1', 'b/1']],
      ["source_path = 's3://bucket/c'", ['c/1']],
      ["source_path LIKE '%/a'", ['a/2', 'a/1']],
      ["tags.even = 'yes' AND name != 'a'", ['c/1']],
      ["tags.even != 'no'", ['a/2', 'c/1', 'a/1']],
    ])('holds %s against attributes and tags', async (filter, expected) => {
      expect(await search({ filter })).toEqual(expected);
    });
  });

  describe('stages', () => {
    it('have the highest number as their latest version', async () => {
      await client.post('registered-models/create', { name: 'heart' });
      const stages = ['None', 'production', 'Staging', 'Production', 'Archived', 'STAGING', 'None'];
      for (const [index, stage] of stages.entries()) {
        await create('heart');
        await client.post('model-versions/transition-stage', { name: 'heart', version: String(index + 1), stage });
      }
      const latest = async (method: 'get' | 'post', fields: object) => {
        const answer = await client[method]('registered-models/get-latest-versions', { name: 'heart', ...fields });
        return (answer.model_versions ?? []).map((one: Found) => Number(one.version)).toSorted();
      };
      expect(await latest('post', {})).toEqual([4, 5, 6, 7]);
      expect(await latest('post', { stages: [] })).toEqual([4, 5, 6, 7]);
      expect(await latest('post', { stages: ['Production'] })).toEqual([4]);
      expect(await latest('get', { stages: ['production', 'none'] })).toEqual([4, 7]);
      await client.delete('model-versions/delete', { name: 'heart', version: '4' });
      expect(await latest('get', { stages: 'Production' })).toEqual([2]);
      await client.delete('model-versions/delete', { name: 'heart', version: '2' });
      expect(await latest('get', { stages: 'Production' })).toEqual([]);
    });

    it('are emptied into Archived together with a transition, also when they hold many', async () => {
      await client.post('registered-models/create', { name: 'heart' });
      for (let made = 1; made <= 50; made += 1) {
        await create('heart');
        const fields = { name: 'heart', version: String(made), stage: 'Production' };
        if (made < 50) await client.post('model-versions/transition-stage', fields);
      }
      const moved = await client.post('model-versions/transition-stage', {
        name: 'heart',
        version: '50',
        stage: 'Production',
        archive_existing_versions: true,
      });
      expect(moved.model_version.current_stage).toBe('Production');
      const { registered_model: model } = await client.get('registered-models/get', { name: 'heart' });
      const latest = model.latest_versions.map((one: Found & { current_stage: string }) => [
        one.current_stage,
        one.version,
      ]);
      expect(latest).toEqual([
        ['Production', '50'],
        ['Archived', '49'],
      ]);
    });
  });

  describe('source', () => {
    beforeEach(async () => {
      await client.post('registered-models/create', { name: 'heart' });
      await client.post('registered-models/create', { name: 'copy' });
    });
    const downloadUri = async (name: string, version: string) =>
      (await client.get('model-versions/get-download-uri', { name, version })).artifact_uri;

    it('that is a run or a logged model of another tracking store is given back as it is', async () => {
      const sources = ['runs:/0123/model', 'models:/m-0123456789abcdef0123456789abcdef'];
      for (const [index, source] of sources.entries()) {
        expect((await create('heart', { source, model_id: 'm-0123' })).source).toBe(source);
        expect(await downloadUri('heart', String(index + 1))).toBe(source);
      }
    });

    it.each(['models:/heart/1', 'models:/heart@champion', 'models:/heart/latest', 'models:/heart/production'])(
      '%s is kept, and downloads from where the original is',
      async (source) => {
        await create('heart', { source: 'mlflow-artifacts:/0/m' });
        await client.post('registered-models/alias', { name: 'heart', alias: 'champion', version: '1' });
        await client.post('model-versions/transition-stage', { name: 'heart', version: '1', stage: 'Production' });
        expect((await create('copy', { source })).source).toBe(source);
        await create('copy', { source: 'models:/copy/1' });
        expect(await downloadUri('copy', '1')).toBe('mlflow-artifacts:/0/m');
        expect(await downloadUri('copy', '2')).toBe('mlflow-artifacts:/0/m');
      },
    );
  });
};
