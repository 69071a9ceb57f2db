import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
} from '../../support/registry/registry-server.ts';
import type { TrackingFixture } from './fixture.ts';

/** What MLflow's clients expect of experiments. */
export const testExperiments = ({ createDocuments }: TrackingFixture): void => {
  let documents: Documents;
  let services: MlflowServices;
  let client: MlflowClient;

  beforeEach(async () => {
    documents = await createDocuments();
    services = createRegistryServices(undefined, {}, documents);
    client = mlflowClient(services);
  });

  const create = async (name: string, more: object = {}): Promise<string> =>
    (await client.post('experiments/create', { name, ...more })).experiment_id;
  const get = async (experiment_id: string) => (await client.get('experiments/get', { experiment_id })).experiment;
  const refused = async (path: string, fields: Readonly<Record<string, unknown>>, method: 'GET' | 'POST' = 'POST') => {
    const { status, json } = await callMlflow(services, method, path, fields);
    return { status, ...json };
  };
  const journal = async () => {
    const { items } = await documents.query<never>(undefined, { kind: 'journal', limit: 100 });
    return items.map(({ value }) => value as { type: string; data: { experimentId: string; change: string } });
  };

  describe('experiment', () => {
    it('is created with its tags and found by id and by name', async () => {
      const id = await create('heart', { tags: [{ key: 'team', value: 'cardio' }] });

      expect(id).toMatch(/^[1-9]\d{17}$/);
      const experiment = await get(id);
      expect(experiment).toMatchObject({
        experiment_id: id,
        name: 'heart',
        artifact_location: `mlflow-artifacts:/${id}`,
        lifecycle_stage: 'active',
        tags: [{ key: 'team', value: 'cardio' }],
      });
      expect(experiment.last_update_time).toBe(experiment.creation_time);
      expect((await client.get('experiments/get-by-name', { experiment_name: 'heart' })).experiment).toEqual(
        experiment,
      );
    });

    it('0 is there from the start, and is called Default', async () => {
      expect(await get('0')).toMatchObject({ name: 'Default', artifact_location: 'mlflow-artifacts:/0' });
      expect(await refused('experiments/create', { name: 'Default' })).toMatchObject({
        error_code: 'RESOURCE_ALREADY_EXISTS',
      });
    });

    it('0 is there for whoever asks first, in whichever way', async () => {
      const asked = [
        client.get('experiments/get', { experiment_id: '0' }),
        client.get('experiments/get-by-name', { experiment_name: 'Default' }),
        client.post('experiments/search'),
        client.post('runs/create', { experiment_id: '0' }),
        client.post('runs/create', {}),
      ];
      await Promise.all(asked);

      expect((await journal()).filter(({ type }) => type === 'slipway.experiment.changed')).toHaveLength(1);
    });

    it.each([['experiments/get', { experiment_id: '7' }, 'No Experiment with id=7 exists']] as const)(
      'that is not there is not found by %s',
      async (path, fields, message) => {
        expect(await refused(path, fields, 'GET')).toEqual({
          status: 404,
          error_code: 'RESOURCE_DOES_NOT_EXIST',
          message,
        });
      },
    );

    it('of an unknown name is not found, with the code that clients create it at', async () => {
      expect(await refused('experiments/get-by-name', { experiment_name: 'liver' }, 'GET')).toEqual({
        status: 404,
        error_code: 'RESOURCE_DOES_NOT_EXIST',
        message: "Could not find experiment with name 'liver'",
      });
    });

    it('has a name of its own', async () => {
      await create('heart');

      expect(await refused('experiments/create', { name: 'heart' })).toEqual({
        status: 400,
        error_code: 'RESOURCE_ALREADY_EXISTS',
        message: 'Experiment(name=heart) already exists.',
      });
    });

    it('is created once when many create it at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => callMlflow(services, 'POST', 'experiments/create', { name: 'heart' })),
      );

      expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400, 400, 400, 400, 400, 400, 400]);
      expect((await client.post('experiments/search', { filter: "name = 'heart'" })).experiments).toHaveLength(1);
    });

    it('keeps its name when it is deleted, and comes back when it is restored', async () => {
      const id = await create('heart');
      await client.post('experiments/delete', { experiment_id: id });

      expect(await get(id)).toMatchObject({ lifecycle_stage: 'deleted', name: 'heart' });
      expect((await refused('experiments/create', { name: 'heart' })).message).toContain('It is in deleted state');
      expect(await refused('experiments/delete', { experiment_id: id })).toMatchObject({ status: 404 });
      expect(await refused('experiments/update', { experiment_id: id, new_name: 'x' })).toMatchObject({
        status: 400,
        message: 'Cannot rename a non-active experiment.',
      });
      expect(await refused('runs/create', { experiment_id: id })).toMatchObject({
        status: 400,
        message: `The experiment ${id} must be in the 'active' state. Current state is deleted.`,
      });

      await client.post('experiments/restore', { experiment_id: id });
      expect(await get(id)).toMatchObject({ lifecycle_stage: 'active' });
      expect(await refused('experiments/restore', { experiment_id: id })).toMatchObject({ status: 404 });
    });

    it('is renamed: the new name is taken, the old one free', async () => {
      const id = await create('heart');
      const other = await create('liver');
      await client.post('experiments/update', { experiment_id: id, new_name: 'cor' });

      expect(await get(id)).toMatchObject({ name: 'cor' });
      expect(await refused('experiments/get-by-name', { experiment_name: 'heart' }, 'GET')).toMatchObject({
        status: 404,
      });
      expect(await refused('experiments/update', { experiment_id: other, new_name: 'cor' })).toMatchObject({
        error_code: 'RESOURCE_ALREADY_EXISTS',
      });
      await client.post('experiments/update', { experiment_id: other, new_name: 'heart' });
      expect((await client.get('experiments/get-by-name', { experiment_name: 'heart' })).experiment.experiment_id).toBe(
        other,
      );
    });

    it('has tags that are set, overwritten and deleted', async () => {
      const id = await create('heart');
      for (const value of ['1', '2']) {
        await client.post('experiments/set-experiment-tag', { experiment_id: id, key: 'a', value });
      }
      expect((await get(id)).tags).toEqual([{ key: 'a', value: '2' }]);
      await client.post('experiments/delete-experiment-tag', { experiment_id: id, key: 'a' });
      expect((await get(id)).tags).toBeUndefined();
      expect(await refused('experiments/delete-experiment-tag', { experiment_id: id, key: 'a' })).toMatchObject({
        status: 404,
        message: `No tag with name: a in experiment with id ${id}`,
      });
    });

    it('keeps a place for artifacts that clients can reach, and none on a disk', async () => {
      const id = await create('heart', { artifact_location: 's3://bucket/heart/' });
      expect((await get(id)).artifact_location).toBe('s3://bucket/heart');

      for (const location of [
        '/tmp/x',
        'x',
        'file:///tmp',
        'C:\\x',
        'runs:/1/x',
        's3://b/../x',
        's3://b/%2e%2e/x',
        's3://b#x',
      ]) {
        expect(await refused('experiments/create', { name: 'other', artifact_location: location })).toMatchObject({
          status: 400,
          error_code: 'INVALID_PARAMETER_VALUE',
        });
      }
    });

    it('is told of in the journal when it is created, renamed, deleted and restored, not when it is tagged', async () => {
      const id = await create('heart');
      await client.post('experiments/set-experiment-tag', { experiment_id: id, key: 'a', value: '1' });
      await client.post('experiments/update', { experiment_id: id, new_name: 'cor' });
      await client.post('experiments/delete', { experiment_id: id });
      await client.post('experiments/restore', { experiment_id: id });

      const changes = (await journal()).filter(({ data }) => data.experimentId === id).map(({ data }) => data.change);
      expect(changes.toSorted()).toEqual(['created', 'deleted', 'renamed', 'restored']);
    });
  });

  describe('search of experiments', () => {
    const names = async (asked: object) =>
      ((await client.post('experiments/search', asked as never)).experiments ?? []).map(
        ({ name }: { name: string }) => name,
      );

    it('finds by name, tag and time, active ones unless asked for others', async () => {
      await create('heart', { tags: [{ key: 'team', value: 'cardio' }] });
      await create('heart failure');
      const gone = await create('gone');
      await client.post('experiments/delete', { experiment_id: gone });

      expect(await names({})).toEqual(['heart failure', 'heart', 'Default']);
      expect(await names({ filter: "name LIKE 'heart%'", order_by: ['name ASC'] })).toEqual(['heart', 'heart failure']);
      expect(await names({ filter: "tags.team = 'cardio'" })).toEqual(['heart']);
      expect(await names({ filter: 'creation_time > 1767225600001', order_by: ['creation_time'] })).toEqual([
        'heart',
        'heart failure',
      ]);
      expect(await names({ view_type: 'DELETED_ONLY' })).toEqual(['gone']);
      expect(await names({ view_type: 'ALL', order_by: ['attribute.name DESC'] })).toEqual([
        'heart failure',
        'heart',
        'gone',
        'Default',
      ]);
      const byQuery = await client.get('experiments/search', { filter: "name = 'heart'", view_type: 'ALL' });
      expect(byQuery.experiments).toHaveLength(1);
    });

    it('comes page by page', async () => {
      for (const name of ['c', 'a', 'd', 'b']) await create(name);
      const seen: string[] = [];
      let token: string | undefined;
      do {
        const asked = { max_results: 2, order_by: ['name'], ...(token === undefined ? {} : { page_token: token }) };
        const page = await client.post('experiments/search', asked);
        seen.push(...page.experiments.map(({ name }: { name: string }) => name));
        token = page.next_page_token;
      } while (token !== undefined);

      expect(seen).toEqual(['Default', 'a', 'b', 'c', 'd']);
    });

    it.each([
      [{ filter: "experiment_id = '1'" }, "Invalid attribute key 'experiment_id'"],
      [{ filter: "params.a = '1'" }, "Invalid entity type 'params'"],
      [{ order_by: ['tags.a'] }, "Invalid order_by clause 'tags.a'"],
      [{ max_results: 0 }, 'It must be at least 1'],
      [{ max_results: 50_001 }, 'It must be at most 50000'],
      [{ page_token: 'x' }, 'Invalid page token'],
      [{ view_type: 'SOME' }, 'Invalid value "SOME" for parameter \'view_type\''],
    ])('refuses %j', async (asked, message) => {
      expect(await refused('experiments/search', asked)).toMatchObject({
        status: 400,
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(message),
      });
    });
  });
};
