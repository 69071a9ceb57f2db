import * as z from 'zod';
import { createLoggedModel } from '../../../shared/tracking/logged-models/create-logged-model.ts';
import { logModelParams } from '../../../shared/tracking/logged-models/log-params.ts';
import type { LoggedModelDocument } from '../../../shared/tracking/logged-models/logged-model.ts';
import { searchLoggedModels } from '../../../shared/tracking/logged-models/search-logged-models.ts';
import {
  deleteLoggedModel,
  deleteLoggedModelTag,
  finalizeLoggedModel,
  getLoggedModel,
  setLoggedModelTags,
} from '../../../shared/tracking/logged-models/update-logged-model.ts';
import { integer, optional, required, tags, texts } from './fields.ts';
import { loggedModelView, toLoggedModelView } from './logged-model-view.ts';
import { mlflowCall } from './route.ts';

const path = 'logged-models/{model_id}';
const params = z.object({ model_id: z.string() });
const oneModel = z.object({ model: loggedModelView });
const answerModel = (model: LoggedModelDocument) => ({ model: toLoggedModelView(model) });

const order = z.object({
  field_name: z.string().min(1),
  ascending: z.boolean().nullish(),
  dataset_name: z.string().nullish(),
  dataset_digest: z.string().nullish(),
});
const dataset = z.object({ dataset_name: z.string().min(1), dataset_digest: z.string().nullish() });

const orderOf = ({ field_name, ascending, dataset_name, dataset_digest }: z.output<typeof order>) => ({
  fieldName: field_name,
  ascending: ascending ?? true,
  ...(dataset_name ? { datasetName: dataset_name } : {}),
  ...(dataset_digest ? { datasetDigest: dataset_digest } : {}),
});

const datasetOf = ({ dataset_name: name, dataset_digest: digest }: z.output<typeof dataset>) =>
  digest ? { name, digest } : { name };

const reading = [
  mlflowCall({
    name: 'get-logged-model',
    method: 'GET',
    path,
    params,
    summary: 'Get a logged model',
    fields: z.object({ allow_deleted: optional('allow_deleted') }),
    output: oneModel,
    run: async ({ model_id, allow_deleted = 'false' }, services) =>
      answerModel(await getLoggedModel(services, model_id, { allowDeleted: allow_deleted.toLowerCase() === 'true' })),
  }),
  mlflowCall({
    name: 'search-logged-models',
    method: 'POST',
    path: 'logged-models/search',
    access: 'reader',
    summary: 'Search logged models',
    fields: z.object({
      experiment_ids: texts('experiment_ids'),
      filter: optional('filter'),
      datasets: z.array(dataset).default([]),
      max_results: integer('max_results'),
      order_by: z.array(order).default([]),
      page_token: optional('page_token'),
    }),
    output: z.object({ models: z.array(loggedModelView).optional(), next_page_token: z.string().optional() }),
    run: async ({ experiment_ids, filter, datasets, max_results, order_by, page_token }, services) => {
      const found = await searchLoggedModels(services, {
        experimentIds: experiment_ids,
        datasets: datasets.map(datasetOf),
        orderBy: order_by.map(orderOf),
        ...(filter === undefined ? {} : { filter }),
        ...(max_results === undefined ? {} : { maxResults: max_results }),
        ...(page_token === undefined || page_token === '' ? {} : { pageToken: page_token }),
      });
      return {
        ...(found.items.length === 0 ? {} : { models: found.items.map(toLoggedModelView) }),
        ...(found.nextPageToken === undefined ? {} : { next_page_token: found.nextPageToken }),
      };
    },
  }),
];

const changing = [
  mlflowCall({
    name: 'create-logged-model',
    method: 'POST',
    path: 'logged-models',
    summary: 'Create a logged model',
    fields: z.object({
      experiment_id: required('experiment_id'),
      name: optional('name'),
      model_type: optional('model_type'),
      source_run_id: optional('source_run_id'),
      params: tags('params'),
      tags: tags('tags'),
    }),
    output: oneModel,
    run: async ({ experiment_id, name, model_type, source_run_id, params, tags }, services) =>
      answerModel(
        await createLoggedModel(services, {
          experimentId: experiment_id,
          params,
          tags,
          ...(name === undefined ? {} : { name }),
          ...(model_type === undefined ? {} : { modelType: model_type }),
          ...(source_run_id === undefined ? {} : { sourceRunId: source_run_id }),
        }),
      ),
  }),
  mlflowCall({
    name: 'finalize-logged-model',
    method: 'PATCH',
    path,
    params,
    summary: 'Say how the upload of a logged model ended',
    // The name of the status or its number.
    fields: z.object({ status: z.union([z.number(), required('status')], 'status must be a name or a number') }),
    output: oneModel,
    run: async ({ model_id, status }, services) => answerModel(await finalizeLoggedModel(services, model_id, status)),
  }),
  mlflowCall({
    name: 'delete-logged-model',
    method: 'DELETE',
    path,
    params,
    summary: 'Delete a logged model',
    fields: z.object({}),
    run: ({ model_id }, services) => deleteLoggedModel(services, model_id),
  }),
  mlflowCall({
    name: 'log-logged-model-params',
    method: 'POST',
    path: `${path}/params`,
    params,
    summary: 'Add parameters to a logged model',
    fields: z.object({ params: tags('params') }),
    run: ({ model_id, params }, services) => logModelParams(services, model_id, params),
  }),
  mlflowCall({
    name: 'set-logged-model-tags',
    method: 'PATCH',
    path: `${path}/tags`,
    params,
    summary: 'Set tags of a logged model',
    fields: z.object({ tags: tags('tags') }),
    run: ({ model_id, tags }, services) => setLoggedModelTags(services, model_id, tags),
  }),
  mlflowCall({
    name: 'delete-logged-model-tag',
    method: 'DELETE',
    path: `${path}/tags/{*key}`,
    params: z.object({ model_id: z.string(), key: z.string() }),
    summary: 'Delete a tag of a logged model',
    fields: z.object({}),
    run: ({ model_id, key }, services) => deleteLoggedModelTag(services, model_id, key),
  }),
];

/** Calls about logged models. */
export const loggedModelCalls = [...reading, ...changing];
