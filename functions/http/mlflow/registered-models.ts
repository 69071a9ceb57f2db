import * as z from 'zod';
import { createModel } from '../../../shared/registry/create-model.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { getModel } from '../../../shared/registry/get-model.ts';
import { getLatestVersions } from '../../../shared/registry/get-version.ts';
import type { RegisteredModel } from '../../../shared/registry/model.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import { searchModels } from '../../../shared/registry/search-models.ts';
import { deleteModelTag, describeModel, setModelTag } from '../../../shared/registry/update-model.ts';
import { integer, optional, required, tags, texts } from './fields.ts';
import { byName, mlflowCall } from './route.ts';
import { modelView, toModelView, toVersionView, versionView } from './views.ts';

const oneModel = z.object({ registered_model: modelView });
const answerModel = (model: RegisteredModel): z.input<typeof oneModel> => ({ registered_model: toModelView(model) });

/** Calls 1 to 3: create, get and search. */
const reading = [
  mlflowCall({
    name: 'create-registered-model',
    method: 'POST',
    path: 'registered-models/create',
    models: byName,
    summary: 'Create a registered model',
    fields: z.object({ name: required('name'), tags: tags('tags'), description: optional('description') }),
    output: oneModel,
    run: async ({ name, tags, description = '' }, services, { cause }) =>
      answerModel(await createModel(services, { name, tags, description }, cause)),
  }),
  mlflowCall({
    name: 'get-registered-model',
    method: 'GET',
    path: 'registered-models/get',
    models: byName,
    summary: 'Get a registered model',
    fields: z.object({ name: required('name') }),
    output: oneModel,
    run: async ({ name }, services) => answerModel(await getModel(services, name)),
  }),
  mlflowCall({
    name: 'search-registered-models',
    method: 'GET',
    path: 'registered-models/search',
    summary: 'Search registered models',
    fields: z.object({
      filter: optional('filter'),
      max_results: integer('max_results'),
      order_by: texts('order_by'),
      page_token: optional('page_token'),
    }),
    output: z.object({ registered_models: z.array(modelView).optional(), next_page_token: z.string().optional() }),
    run: async (asked, services, { caller }) => {
      const found = await searchModels(services, toSearch(asked), caller.scope('reader'));
      return {
        ...(found.items.length === 0 ? {} : { registered_models: found.items.map(toModelView) }),
        ...(found.nextPageToken === undefined ? {} : { next_page_token: found.nextPageToken }),
      };
    },
  }),
];

/** MLflow's names of what a search is asked, as ours. */
export const toSearch = (asked: {
  readonly filter?: string | undefined;
  readonly max_results?: number | undefined;
  readonly order_by: readonly string[];
  readonly page_token?: string | undefined;
}) => ({
  orderBy: asked.order_by,
  ...(asked.filter === undefined ? {} : { filter: asked.filter }),
  ...(asked.max_results === undefined ? {} : { maxResults: asked.max_results }),
  ...(asked.page_token === undefined ? {} : { pageToken: asked.page_token }),
});

const changing = [
  mlflowCall({
    name: 'rename-registered-model',
    method: 'POST',
    path: 'registered-models/rename',
    models: ({ name, new_name: newName }) => [name, newName],
    summary: 'Rename a registered model',
    fields: z.object({ name: required('name'), new_name: required('new_name') }),
    output: oneModel,
    run: async ({ name, new_name: newName }, services, { cause }) =>
      answerModel(await renameModel(services, { name, newName }, cause)),
  }),
  mlflowCall({
    name: 'update-registered-model',
    method: 'PATCH',
    path: 'registered-models/update',
    models: byName,
    summary: 'Set the description of a registered model',
    fields: z.object({ name: required('name'), description: optional('description') }),
    output: oneModel,
    run: async ({ name, description }, services, { cause }) =>
      answerModel(await describeModel(services, { name, description }, cause)),
  }),
  mlflowCall({
    name: 'delete-registered-model',
    method: 'DELETE',
    path: 'registered-models/delete',
    models: byName,
    summary: 'Delete a registered model and its versions',
    fields: z.object({ name: required('name') }),
    run: ({ name }, services, { cause }) => deleteModel(services, name, cause),
  }),
  mlflowCall({
    name: 'set-registered-model-tag',
    method: 'POST',
    path: 'registered-models/set-tag',
    models: byName,
    summary: 'Set a tag of a registered model',
    fields: z.object({ name: required('name'), key: required('key'), value: optional('value') }),
    run: ({ name, key, value = '' }, services, { cause }) => setModelTag(services, { name, key, value }, cause),
  }),
  mlflowCall({
    name: 'delete-registered-model-tag',
    method: 'DELETE',
    path: 'registered-models/delete-tag',
    models: byName,
    summary: 'Delete a tag of a registered model',
    fields: z.object({ name: required('name'), key: required('key') }),
    run: (fields, services, { cause }) => deleteModelTag(services, fields, cause),
  }),
];

/** Call 7, which clients send as POST and fall back to GET. */
const latestVersions = (['POST', 'GET'] as const).map((method) =>
  mlflowCall({
    name: `${method === 'GET' ? 'get' : 'post'}-latest-versions`,
    method,
    path: 'registered-models/get-latest-versions',
    models: byName,
    summary: 'Get the latest version of each stage',
    access: 'reader',
    fields: z.object({ name: required('name'), stages: texts('stages') }),
    output: z.object({ model_versions: z.array(versionView).optional() }),
    run: async ({ name, stages }, services) => {
      const versions = await getLatestVersions(services, name, stages);
      return versions.length === 0 ? {} : { model_versions: versions.map(toVersionView) };
    },
  }),
);

/** Calls about registered models. */
export const registeredModelCalls = [...reading, ...changing, ...latestVersions];
