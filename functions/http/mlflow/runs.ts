import * as z from 'zod';
import { DEFAULT_EXPERIMENT } from '../../../shared/tracking/experiments/experiment.ts';
import { createRun } from '../../../shared/tracking/runs/create-run.ts';
import { getRun } from '../../../shared/tracking/runs/get-run.ts';
import { searchRuns } from '../../../shared/tracking/runs/search-runs.ts';
import { deleteRun, restoreRun, updateRun } from '../../../shared/tracking/runs/update-run.ts';
import { integer, optional, texts } from './fields.ts';
import { toSearch } from './registered-models.ts';
import { mlflowCall } from './route.ts';
import { listed, runInfo, runView, toRunInfo, toRunView } from './run-views.ts';
import { pairs, runFields, runIdOf, viewType } from './tracking-fields.ts';

const oneRun = z.object({ run: runView });

/** Calls about runs as a whole. What is logged to them is in `mlflow-metrics.ts`. */
export const runCalls = [
  mlflowCall({
    name: 'create-run',
    method: 'POST',
    path: 'runs/create',
    summary: 'Create a run',
    fields: z.object({
      experiment_id: optional('experiment_id'),
      run_name: optional('run_name'),
      user_id: optional('user_id'),
      start_time: integer('start_time'),
      tags: pairs('tags'),
    }),
    output: oneRun,
    run: async ({ experiment_id, run_name: name = '', user_id: userId = '', start_time, tags }, services) => {
      const experimentId = experiment_id || DEFAULT_EXPERIMENT.experimentId;
      const startedAt = start_time === undefined ? {} : { startedAt: start_time };
      return { run: toRunView(await createRun(services, { experimentId, name, userId, tags, ...startedAt })) };
    },
  }),
  mlflowCall({
    name: 'get-run',
    method: 'GET',
    path: 'runs/get',
    summary: 'Get a run',
    fields: z.object(runFields),
    output: oneRun,
    run: async (asked, services) => ({ run: toRunView(await getRun(services, runIdOf(asked))) }),
  }),
  mlflowCall({
    name: 'update-run',
    method: 'POST',
    path: 'runs/update',
    summary: 'Set the status, end or name of a run',
    fields: z.object({
      ...runFields,
      // The name of the status or its number.
      status: z.union([z.number(), optional('status')]),
      end_time: integer('end_time'),
      run_name: optional('run_name'),
    }),
    output: runInfo,
    run: async ({ status, end_time, run_name, ...asked }, services, { cause }) => {
      const update = {
        runId: runIdOf(asked),
        ...(status === undefined ? {} : { status }),
        ...(end_time === undefined ? {} : { endedAt: end_time }),
        ...(run_name === undefined ? {} : { name: run_name }),
      };
      return { run_info: toRunInfo(await updateRun(services, update, cause)) };
    },
  }),
  mlflowCall({
    name: 'delete-run',
    method: 'POST',
    path: 'runs/delete',
    summary: 'Delete a run',
    fields: z.object(runFields),
    run: (asked, services) => deleteRun(services, runIdOf(asked)),
  }),
  mlflowCall({
    name: 'restore-run',
    method: 'POST',
    path: 'runs/restore',
    summary: 'Restore a deleted run',
    fields: z.object(runFields),
    run: (asked, services) => restoreRun(services, runIdOf(asked)),
  }),
  mlflowCall({
    name: 'search-runs',
    method: 'POST',
    path: 'runs/search',
    access: 'reader',
    summary: 'Search runs',
    fields: z.object({
      experiment_ids: texts('experiment_ids'),
      filter: optional('filter'),
      run_view_type: viewType('run_view_type'),
      max_results: integer('max_results'),
      order_by: texts('order_by'),
      page_token: optional('page_token'),
    }),
    output: z.object({ runs: z.array(runView).optional(), next_page_token: z.string().optional() }),
    run: async ({ experiment_ids: experimentIds, run_view_type, ...asked }, services) => {
      const found = await searchRuns(services, {
        ...toSearch({ ...asked, page_token: asked.page_token || undefined }),
        experimentIds,
        viewType: run_view_type,
      });
      return {
        ...listed('runs', found.items.map(toRunView)),
        ...(found.nextPageToken === undefined ? {} : { next_page_token: found.nextPageToken }),
      };
    },
  }),
];
