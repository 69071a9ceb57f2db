import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import {
  callMlflow,
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
} from '../../support/registry/registry-server.ts';
import type { TrackingFixture } from './fixture.ts';

interface Made {
  readonly name: string;
  readonly start: number;
  readonly metrics?: Readonly<Record<string, number | string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly end?: number;
}

/** What MLflow's clients expect of searches of runs. */
export const testRunSearch = ({ createDocuments }: TrackingFixture): void => {
  let services: MlflowServices;
  let client: MlflowClient;

  beforeEach(async () => {
    services = createRegistryServices(undefined, {}, await createDocuments());
    client = mlflowClient(services);
  });

  const make = async (experiment_id: string, { name, start, metrics = {}, params = {}, status, end }: Made) => {
    const asked = { experiment_id, run_name: name, user_id: 'ada', start_time: start };
    const { run_id } = (await client.post('runs/create', asked)).run.info;
    await client.post('runs/log-batch', {
      run_id,
      metrics: Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: 1 })),
      params: Object.entries(params).map(([key, value]) => ({ key, value })),
    });
    if (status !== undefined) await client.post('runs/update', { run_id, status, end_time: end });
    return run_id as string;
  };
  const names = async (asked: object) =>
    ((await client.post('runs/search', { experiment_ids: ['0'], ...asked })).runs ?? []).map(
      ({ info }: { info: { run_name: string } }) => info.run_name,
    );
  const allPages = async (asked: object, size: number) => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const more = token === undefined ? {} : { page_token: token };
      const page = await client.post('runs/search', { experiment_ids: ['0'], max_results: size, ...asked, ...more });
      seen.push(...(page.runs ?? []).map(({ info }: { info: { run_name: string } }) => info.run_name));
      token = page.next_page_token;
    } while (token !== undefined);
    return seen;
  };

  describe('search of runs', () => {
    beforeEach(async () => {
      await make('0', {
        name: 'a',
        start: 3,
        metrics: { loss: 0.5, 'val loss': 1 },
        params: { depth: '3', 'my lr': '0.1' },
      });
      await make('0', {
        name: 'b',
        start: 1,
        metrics: { loss: 'NaN' },
        params: { depth: '10' },
        status: 'FINISHED',
        end: 9,
      });
      await make('0', { name: 'c', start: 2, metrics: { loss: -2e-3 }, status: 'FAILED', end: 7 });
      await make('0', { name: 'd', start: 2, metrics: { loss: 'Infinity' }, params: { depth: '3' } });
      const iris = { name: 'iris', digest: 'abc', source_type: 'x', source: 'y' };
      const run_id = await make('0', { name: 'e', start: 5 });
      const tags = [{ key: 'mlflow.data.context', value: 'training' }];
      await client.post('runs/log-inputs', { run_id, datasets: [{ dataset: iris, tags }] });
    });

    it.each<[string, readonly string[]]>([
      ['', ['e', 'a', 'c', 'd', 'b']],
      ["params.depth = '3'", ['a', 'd']],
      ["params.depth != '3'", ['b']],
      ["params.depth LIKE '1%'", ['b']],
      ["params.`my lr` = '0.1'", ['a']],
      ['metrics.loss < 0.5', ['c']],
      ['metrics.loss >= 0.5', ['a', 'd']],
      ['metrics.loss > -1 AND metrics.loss < 1', ['a', 'c']],
      ['metrics.loss = -0.002', ['c']],
      ['metrics."val loss" = 1', ['a']],
      ["attributes.status = 'FINISHED'", ['b']],
      ["run_name ILIKE 'A'", ['a']],
      ["attr.`Run name` = 'd'", ['d']],
      ["tags.mlflow.runName = 'c'", ['c']],
      ["user_id = 'ada' AND start_time >= 3", ['e', 'a']],
      ['created <= 1', ['b']],
      ['end_time > 7', ['b']],
      ["datasets.name = 'iris' AND dataset.context = 'training'", ['e']],
      ["datasets.digest IN ('abc', 'x')", ['e']],
      ["datasets.name != 'iris'", []],
      ["run_id = 'nobody'", []],
    ])('finds by %s', async (filter, expected) => {
      expect((await names({ filter })).toSorted()).toEqual(expected.toSorted());
    });

    it.each<[readonly string[], string]>([
      [['start_time ASC', 'run_name'], 'bcdae'],
      [['attributes.start_time DESC', 'run_name DESC'], 'eadcb'],
      [['metrics.loss'], 'cadbe'],
      [['metrics.loss DESC'], 'dacbe'],
      [['params.depth ASC', 'run_name'], 'badce'],
      [['params.`depth` DESC', 'run_name'], 'adbce'],
      [['end_time DESC', 'run_name ASC'], 'bcade'],
      [['end_time ASC', 'run_name DESC'], 'cbeda'],
      [['status', 'run_name'], 'cbade'],
      [['tags."mlflow.runName" DESC'], 'edcba'],
    ])('is in order of %j, what has no value last, on one page and on many', async (order_by, expected) => {
      expect((await names({ order_by })).join('')).toBe(expected);
      for (const size of [1, 2, 3]) expect((await allPages({ order_by }, size)).join('')).toBe(expected);
    });

    it('is newest first without an order, and each run comes once over the pages', async () => {
      const whole = await names({});
      expect([whole[0], whole[1], whole[4]]).toEqual(['e', 'a', 'b']);
      for (const size of [1, 2, 4]) expect(await allPages({}, size)).toEqual(whole);
    });

    it('gives no token with the last page', async () => {
      const page = await client.post('runs/search', { experiment_ids: ['0'], max_results: 5 });
      expect(page.runs).toHaveLength(5);
      expect(page).not.toHaveProperty('next_page_token');
    });

    it('stays in its experiments, and in the view that is asked for', async () => {
      const { experiment_id } = await client.post('experiments/create', { name: 'other' });
      const kept = await make(experiment_id, { name: 'kept', start: 1 });
      const gone = await make(experiment_id, { name: 'gone', start: 2 });
      await client.post('runs/delete', { run_id: gone });
      const others = { experiment_ids: [experiment_id] };

      expect(await names(others)).toEqual(['kept']);
      expect(await names({ ...others, run_view_type: 'DELETED_ONLY' })).toEqual(['gone']);
      expect(await names({ ...others, run_view_type: 'ALL' })).toEqual(['gone', 'kept']);
      expect(await names({ experiment_ids: ['0', experiment_id, '77'], filter: 'start_time = 1' })).toHaveLength(2);
      expect(await names({ experiment_ids: [] })).toEqual([]);
      expect(await names({ ...others, filter: `run_id NOT IN ('${gone}')` })).toEqual(['kept']);
      expect(await names({ ...others, filter: `run_id IN ('${kept}', '${gone}')` })).toEqual(['kept']);

      await client.post('experiments/delete', { experiment_id });
      expect(await names(others)).toEqual([]);
      expect(await names({ ...others, run_view_type: 'DELETED_ONLY' })).toEqual(['gone', 'kept']);
    });

    it.each<[object, string]>([
      [{ filter: "metrics.loss < 'x'" }, "Expected numeric value type for metric 'loss'"],
      [{ filter: 'params.depth = 3' }, "Expected a quoted string value for 'depth'"],
      [{ filter: "status IN ('FINISHED')" }, 'Invalid comparator for attribute: IN'],
      [{ filter: "nothing.a = 'x'" }, "Invalid entity type 'nothing'"],
      [{ filter: "attributes.depth = 'x'" }, "Invalid attribute key 'depth'"],
      [{ filter: "params.a = '1' OR params.a = '2'" }, 'Invalid clause(s) in filter string'],
      [{ order_by: ['loss'] }, "Invalid order_by clause 'loss'"],
      [{ order_by: ['metrics.loss', 'metric.loss DESC'] }, '`order_by` contains duplicate fields'],
      [{ order_by: ['metrics.loss sideways'] }, 'Invalid order_by clause'],
      [{ max_results: 50_001 }, "Invalid value 50001 for parameter 'max_results' supplied"],
      [{ max_results: 0 }, 'It must be at least 1, but got value 0'],
      [{ page_token: 'abc' }, 'Invalid page token'],
      [{ experiment_ids: [1] }, "for parameter 'experiment_ids' supplied"],
    ])('refuses %j', async (asked, message) => {
      const { status, json } = await callMlflow(services, 'POST', 'runs/search', { experiment_ids: ['0'], ...asked });
      expect({ status, ...json }).toMatchObject({
        status: 400,
        error_code: 'INVALID_PARAMETER_VALUE',
        message: expect.stringContaining(message),
      });
    });

    it('refuses the token of a search in another order', async () => {
      const { next_page_token } = await client.post('runs/search', { experiment_ids: ['0'], max_results: 1 });
      const { status } = await callMlflow(services, 'POST', 'runs/search', {
        experiment_ids: ['0'],
        order_by: ['metrics.loss'],
        page_token: next_page_token,
      });
      expect(status).toBe(400);
    });
  });
};
