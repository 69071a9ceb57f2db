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

/** What MLflow's clients expect of runs as a whole. */
export const testRuns = ({ createDocuments }: TrackingFixture): void => {
  let documents: Documents;
  let services: MlflowServices;
  let client: MlflowClient;

  beforeEach(async () => {
    documents = await createDocuments();
    services = createRegistryServices(undefined, {}, documents);
    client = mlflowClient(services);
  });

  const create = async (more: object = {}) => (await client.post('runs/create', { experiment_id: '0', ...more })).run;
  const get = async (run_id: string) => (await client.get('runs/get', { run_id })).run;
  const refused = async (path: string, fields: Readonly<Record<string, unknown>>, method: 'GET' | 'POST' = 'POST') => {
    const { status, json } = await callMlflow(services, method, path, fields);
    return { status, ...json };
  };
  const ends = async () => {
    const { items } = await documents.query<never>(undefined, { kind: 'journal', limit: 100 });
    return items
      .map(({ value }) => value as { type: string; data: object; subject: string })
      .filter(({ type }) => type.startsWith('slipway.run.'));
  };

  describe('run', () => {
    it('is created running, with what was said of it, and read back the same by both names of its id', async () => {
      const run = await create({
        run_name: 'first',
        user_id: 'ada',
        start_time: 1_767_225_600_000,
        tags: [{ key: 'team', value: 'cardio' }],
      });
      const { run_id: id } = run.info;

      expect(id).toMatch(/^[0-9a-f]{32}$/);
      expect(run).toEqual({
        info: {
          run_id: id,
          run_uuid: id,
          run_name: 'first',
          experiment_id: '0',
          user_id: 'ada',
          status: 'RUNNING',
          start_time: 1_767_225_600_000,
          artifact_uri: `mlflow-artifacts:/0/${id}/artifacts`,
          lifecycle_stage: 'active',
        },
        data: {
          tags: [
            { key: 'team', value: 'cardio' },
            { key: 'mlflow.runName', value: 'first' },
          ],
        },
        inputs: {},
        outputs: {},
      });
      expect(await get(id)).toEqual(run);
      expect((await client.get('runs/get', { run_uuid: id })).run).toEqual(run);
    });

    it('gets a name when it has none, or that of its tag, but not two', async () => {
      expect((await create()).info.run_name).toMatch(/^[a-z]+-[a-z]+-\d+$/);
      expect((await create({ tags: [{ key: 'mlflow.runName', value: 'tagged' }] })).info.run_name).toBe('tagged');
      expect(
        await refused('runs/create', { run_name: 'a', tags: [{ key: 'mlflow.runName', value: 'b' }] }),
      ).toMatchObject({ status: 400, message: expect.stringContaining("Both 'run_name' argument and") });
    });

    it('keeps name and name tag in step, whichever is changed', async () => {
      const { run_id } = (await create({ run_name: 'first' })).info;
      const nameAndTag = async () => {
        const { info, data } = await get(run_id);
        return [info.run_name, data.tags.find(({ key }: { key: string }) => key === 'mlflow.runName').value];
      };

      await client.post('runs/update', { run_id, run_name: 'second' });
      expect(await nameAndTag()).toEqual(['second', 'second']);
      await client.post('runs/set-tag', { run_id, key: 'mlflow.runName', value: 'third' });
      expect(await nameAndTag()).toEqual(['third', 'third']);
      await client.post('runs/log-batch', { run_id, tags: [{ key: 'mlflow.runName', value: 'fourth' }] });
      expect(await nameAndTag()).toEqual(['fourth', 'fourth']);
    });

    it.each([
      ['FINISHED', 'slipway.run.completed', 'finished'],
      ['FAILED', 'slipway.run.failed', 'failed'],
      ['KILLED', 'slipway.run.failed', 'killed'],
      [3, 'slipway.run.completed', 'finished'],
    ])('that is %s is told of in the journal, once however often the client says so', async (status, type, word) => {
      const { run_id: runId } = (await create()).info;
      for (const end_time of [5, 5, 6]) await client.post('runs/update', { run_id: runId, status, end_time });

      expect((await get(runId)).info).toMatchObject({ status: word.toUpperCase(), end_time: 6 });
      expect(await ends()).toMatchObject([
        {
          type,
          subject: `experiments/0/runs/${runId}`,
          data: { experimentId: '0', experimentName: 'Default', runId, status: word },
        },
      ]);
    });

    it('that is taken up again and ends again is told of again', async () => {
      const { run_id } = (await create()).info;
      for (const status of ['FINISHED', 'RUNNING', 'FINISHED']) await client.post('runs/update', { run_id, status });

      expect(await ends()).toHaveLength(2);
    });

    it('ends once in the journal when several say so at once', async () => {
      const { run_id } = (await create()).info;
      await Promise.all(Array.from({ length: 6 }, () => client.post('runs/update', { run_id, status: 'FINISHED' })));

      expect(await ends()).toHaveLength(1);
    });

    it('is deleted and restored, and takes nothing between', async () => {
      const { run_id } = (await create()).info;
      for (let twice = 0; twice < 2; twice += 1) await client.post('runs/delete', { run_id });

      expect((await get(run_id)).info.lifecycle_stage).toBe('deleted');
      const notActive = {
        status: 400,
        message: `The run ${run_id} must be in the 'active' state. Current state is deleted.`,
      };
      expect(await refused('runs/log-parameter', { run_id, key: 'a', value: '1' })).toMatchObject(notActive);
      expect(await refused('runs/update', { run_id, status: 'FINISHED' })).toMatchObject(notActive);

      await client.post('runs/restore', { run_id });
      await client.post('runs/log-parameter', { run_id, key: 'a', value: '1' });
      expect((await get(run_id)).data.params).toEqual([{ key: 'a', value: '1' }]);
    });

    it('is deleted with its experiment, and back with it unless it was deleted by itself', async () => {
      const { experiment_id } = await client.post('experiments/create', { name: 'heart' });
      const [kept, gone] = [await create({ experiment_id }), await create({ experiment_id })];
      await client.post('runs/delete', { run_id: gone.info.run_id });
      await client.post('experiments/delete', { experiment_id });

      expect((await get(kept.info.run_id)).info.lifecycle_stage).toBe('deleted');
      expect(await refused('runs/set-tag', { run_id: kept.info.run_id, key: 'a', value: '1' })).toMatchObject({
        status: 400,
      });

      await client.post('experiments/restore', { experiment_id });
      expect((await get(kept.info.run_id)).info.lifecycle_stage).toBe('active');
      expect((await get(gone.info.run_id)).info.lifecycle_stage).toBe('deleted');
    });

    it.each([
      ['runs/get', 'GET', {}],
      ['runs/update', 'POST', { status: 'FINISHED' }],
      ['runs/delete', 'POST', {}],
      ['runs/restore', 'POST', {}],
      ['runs/log-metric', 'POST', { key: 'a', value: 1, timestamp: 1 }],
      ['runs/log-batch', 'POST', {}],
      ['runs/log-inputs', 'POST', {}],
      ['runs/outputs', 'POST', {}],
      ['metrics/get-history', 'GET', { metric_key: 'a' }],
    ] as const)('that is not there is not found by %s', async (path, method, fields) => {
      for (const run_id of ['0123456789abcdef0123456789abcdef', 'x/y', 'outcome']) {
        expect(await refused(path, { run_id, ...fields }, method)).toEqual({
          status: 404,
          error_code: 'RESOURCE_DOES_NOT_EXIST',
          message: `Run with id=${run_id} not found`,
        });
      }
    });

    it.each([
      ['runs/get', 'GET', {}, "Missing value for required parameter 'run_id'"],
      ['runs/update', 'POST', { run_id: 'x', status: 'DONE' }, "Invalid run status: 'DONE'"],
      ['runs/create', 'POST', { experiment_id: 1 }, "Invalid value 1 for parameter 'experiment_id'"],
      ['runs/create', 'POST', { start_time: 'soon' }, 'Invalid value "soon" for parameter \'start_time\''],
      [
        'runs/create',
        'POST',
        { tags: [{ key: '../x', value: 'y' }] },
        'Invalid value "../x" for parameter \'tags[0].key\'',
      ],
      ['runs/create', 'POST', { tags: [{ value: 'y' }] }, "Missing value for required parameter 'tags[0].key'"],
    ] as const)('refuses %s with %s %j', async (path, method, fields, message) => {
      expect(await refused(path, fields, method)).toMatchObject({
        status: 400,
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(message),
      });
    });
  });
};
