import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
} from '../../support/registry/registry-server.ts';
import type { RegistryFixture } from './fixture.ts';

const NOT_PROMPT = "tag.`mlflow.prompt.is_prompt` != 'true'";

/** What MLflow's own tests expect of searches for registered models. */
export const testModelSearch = ({ createDocuments }: RegistryFixture): void => {
  let services: MlflowServices;
  let client: MlflowClient;

  beforeEach(async () => {
    services = createRegistryServices(await createDocuments());
    client = mlflowClient(services);
  });

  /** Names on every page, and how many pages there were. */
  const pages = async (asked: Readonly<Record<string, unknown>>) => {
    const names: string[] = [];
    let count = 0;
    let token: string | undefined;
    do {
      const page = await client.get('registered-models/search', {
        ...asked,
        ...(token === undefined ? {} : { page_token: token }),
      });
      names.push(...(page.registered_models ?? []).map(({ name }: { name: string }) => name));
      token = page.next_page_token;
      count += 1;
    } while (token !== undefined);
    return { names, count };
  };

  describe('search for registered models', () => {
    const many = Array.from({ length: 29 }, (_, index) => `CreateRM_${String(index).padStart(3, '0')}`);

    beforeEach(async () => {
      // In another order than that of their names.
      for (const name of many.toReversed()) {
        const tags = name.endsWith('7') ? [{ key: 'my tag', value: 'Seven' }] : [];
        await client.post('registered-models/create', { name, tags });
      }
    });

    it.each([1, 8, 100])('gives the same names in order, and no page too many, with %i on a page', async (max) => {
      for (const [filter, expected] of [
        ['', many],
        [NOT_PROMPT, many],
        ["name = 'CreateRM_010'", ['CreateRM_010']],
        ["name LIKE 'CreateRM_01%'", many.slice(10, 20)],
        ["name ILIKE '%rm%00%'", many.slice(0, 10)],
        ["name LIKE '%rm%00%'", []],
        ["name != 'CreateRM_000' AND name LIKE '%_00_'", many.slice(1, 10)],
        ["tags.`my tag` ILIKE 'seven' AND", ['CreateRM_007', 'CreateRM_017', 'CreateRM_027']],
      ] as const) {
        const { names, count } = await pages({ max_results: max, filter });
        expect(names).toEqual(expected);
        expect(count).toBe(Math.max(1, Math.ceil(expected.length / max)));
      }
    });

    it.each([
      ['name DESC', many.toReversed()],
      ['timestamp', many.toReversed()],
      ['last_updated_timestamp DESC', many],
    ])('sorts by %s over pages', async (order, expected) => {
      expect((await pages({ max_results: 10, order_by: order })).names).toEqual(expected);
    });

    it('loses no name of any script between two pages', async () => {
      const scripts = ['😀', '\uff21', '心', 'é', 'Z', 'a'];
      for (const name of scripts) await client.post('registered-models/create', { name: `x ${name}` });
      for (const order of ['name', 'name DESC', 'timestamp']) {
        const { names } = await pages({ max_results: 1, filter: "name LIKE 'x %'", order_by: order });
        expect(names.toSorted()).toEqual(scripts.map((name) => `x ${name}`).toSorted());
      }
    });

    it('goes on behind a model that was deleted between two pages', async () => {
      const first = await client.get('registered-models/search', { max_results: 2 });
      await client.delete('registered-models/delete', { name: many[1] });
      const second = await client.get('registered-models/search', {
        max_results: 1,
        page_token: first.next_page_token,
      });
      expect(second.registered_models[0].name).toBe(many[2]);
    });
  });

  describe('prompts', () => {
    beforeEach(async () => {
      await client.post('registered-models/create', { name: 'model' });
      await client.post('registered-models/create', {
        name: 'prompt',
        tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
      });
    });

    it.each([
      [{}, ['model']],
      [{ filter: NOT_PROMPT }, ['model']],
      [{ filter: "tags.`mlflow.prompt.is_prompt` = 'false'" }, ['model']],
      [{ filter: "tags.`mlflow.prompt.is_prompt` = 'true'" }, ['prompt']],
      [{ filter: "tag.`mlflow.prompt.is_prompt` != 'false'" }, ['prompt']],
    ])('are found with %j: %j', async (asked, expected) => {
      expect((await pages(asked)).names).toEqual(expected);
    });

    it('share their names with models', async () => {
      const { status, json } = await callMlflow(services, 'POST', 'registered-models/create', { name: 'prompt' });
      expect(status).toBe(400);
      expect(json.message).toBe(
        "The name 'prompt' is taken by a Prompt: a Registered Model cannot have the same name, it already exists.",
      );
    });

    it('have versions with any source', async () => {
      const { model_version: version } = await client.post('model-versions/create', {
        name: 'prompt',
        source: 'dummy-source',
        tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
      });
      expect(version).toMatchObject({ version: '1', source: 'dummy-source' });
    });
  });
};
