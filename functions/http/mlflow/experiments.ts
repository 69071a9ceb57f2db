import * as z from 'zod';
import {
  deleteExperiment,
  deleteExperimentTag,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from '../../../shared/tracking/experiments/change-experiment.ts';
import { createExperiment } from '../../../shared/tracking/experiments/create-experiment.ts';
import { getExperiment, getExperimentByName } from '../../../shared/tracking/experiments/get-experiment.ts';
import { searchExperiments } from '../../../shared/tracking/experiments/search-experiments.ts';
import { integer, optional, required, texts } from './fields.ts';
import { toSearch } from './registered-models.ts';
import { mlflowCall } from './route.ts';
import { experimentView, listed, toExperimentView } from './run-views.ts';
import { pairs, viewType } from './tracking-fields.ts';

const oneExperiment = z.object({ experiment: experimentView });
const experimentId = z.object({ experiment_id: required('experiment_id') });

const reading = [
  mlflowCall({
    name: 'get-experiment',
    method: 'GET',
    path: 'experiments/get',
    summary: 'Get an experiment',
    fields: experimentId,
    output: oneExperiment,
    run: async ({ experiment_id }, services) => ({
      experiment: toExperimentView(await getExperiment(services, experiment_id)),
    }),
  }),
  mlflowCall({
    name: 'get-experiment-by-name',
    method: 'GET',
    path: 'experiments/get-by-name',
    summary: 'Get an experiment by its name',
    fields: z.object({ experiment_name: required('experiment_name') }),
    output: oneExperiment,
    run: async ({ experiment_name }, services) => ({
      experiment: toExperimentView(await getExperimentByName(services, experiment_name)),
    }),
  }),
];

/** Clients send it as POST; scripts and browsers as GET. */
const searching = (['POST', 'GET'] as const).map((method) =>
  mlflowCall({
    name: method === 'POST' ? 'search-experiments' : 'search-experiments-by-query',
    method,
    path: 'experiments/search',
    access: 'reader',
    summary: 'Search experiments',
    fields: z.object({
      filter: optional('filter'),
      view_type: viewType('view_type'),
      max_results: integer('max_results'),
      order_by: texts('order_by'),
      page_token: optional('page_token'),
    }),
    output: z.object({ experiments: z.array(experimentView).optional(), next_page_token: z.string().optional() }),
    run: async ({ view_type, ...asked }, services) => {
      const found = await searchExperiments(services, {
        ...toSearch({ ...asked, page_token: asked.page_token || undefined }),
        viewType: view_type,
      });
      return {
        ...listed('experiments', found.items.map(toExperimentView)),
        ...(found.nextPageToken === undefined ? {} : { next_page_token: found.nextPageToken }),
      };
    },
  }),
);

const changing = [
  mlflowCall({
    name: 'create-experiment',
    method: 'POST',
    path: 'experiments/create',
    summary: 'Create an experiment',
    fields: z.object({
      name: required('name'),
      artifact_location: optional('artifact_location'),
      tags: pairs('tags'),
    }),
    output: z.object({ experiment_id: z.string() }),
    run: async ({ name, artifact_location: artifactLocation = '', tags }, services, { cause }) => ({
      experiment_id: (await createExperiment(services, { name, artifactLocation, tags }, cause)).experimentId,
    }),
  }),
  mlflowCall({
    name: 'update-experiment',
    method: 'POST',
    path: 'experiments/update',
    summary: 'Rename an experiment',
    fields: experimentId.extend({ new_name: required('new_name') }),
    run: ({ experiment_id, new_name }, services, { cause }) =>
      renameExperiment(services, { experimentId: experiment_id, newName: new_name }, cause),
  }),
  mlflowCall({
    name: 'delete-experiment',
    method: 'POST',
    path: 'experiments/delete',
    summary: 'Delete an experiment',
    fields: experimentId,
    run: ({ experiment_id }, services, { cause }) => deleteExperiment(services, experiment_id, cause),
  }),
  mlflowCall({
    name: 'restore-experiment',
    method: 'POST',
    path: 'experiments/restore',
    summary: 'Restore a deleted experiment',
    fields: experimentId,
    run: ({ experiment_id }, services, { cause }) => restoreExperiment(services, experiment_id, cause),
  }),
  mlflowCall({
    name: 'set-experiment-tag',
    method: 'POST',
    path: 'experiments/set-experiment-tag',
    summary: 'Set a tag of an experiment',
    fields: experimentId.extend({ key: required('key'), value: optional('value') }),
    run: ({ experiment_id, key, value = '' }, services, { cause }) =>
      setExperimentTag(services, { experimentId: experiment_id, key, value }, cause),
  }),
  mlflowCall({
    name: 'delete-experiment-tag',
    method: 'POST',
    path: 'experiments/delete-experiment-tag',
    summary: 'Delete a tag of an experiment',
    fields: experimentId.extend({ key: required('key') }),
    run: ({ experiment_id, key }, services, { cause }) =>
      deleteExperimentTag(services, { experimentId: experiment_id, key }, cause),
  }),
];

/** Calls about experiments. */
export const experimentCalls = [...reading, ...searching, ...changing];
