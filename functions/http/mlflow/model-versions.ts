import * as z from 'zod';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteVersion } from '../../../shared/registry/delete-version.ts';
import { downloadUriOf, getModelVersion } from '../../../shared/registry/get-version.ts';
import type { ModelVersion } from '../../../shared/registry/model.ts';
import { searchVersions } from '../../../shared/registry/search-versions.ts';
import { referencedModel } from '../../../shared/registry/source.ts';
import { transitionStage } from '../../../shared/registry/transition-stage.ts';
import { deleteVersionTag, describeVersion, setVersionTag } from '../../../shared/registry/update-version.ts';
import { flag, integer, optional, required, tags, texts } from './fields.ts';
import { toSearch } from './registered-models.ts';
import { byName, mlflowCall } from './route.ts';
import { toVersionView, versionView } from './views.ts';

const oneVersion = z.object({ model_version: versionView });
const answerVersion = (version: ModelVersion): z.input<typeof oneVersion> => ({
  model_version: toVersionView(version),
});
const key = { name: required('name'), version: required('version') };

const reading = [
  mlflowCall({
    name: 'create-model-version',
    method: 'POST',
    path: 'model-versions/create',
    models: byName,
    summary: 'Create a model version',
    fields: z.object({
      name: required('name'),
      source: required('source'),
      run_id: optional('run_id'),
      tags: tags('tags'),
      run_link: optional('run_link'),
      description: optional('description'),
      model_id: optional('model_id'),
    }),
    output: oneVersion,
    run: async ({ name, source, tags, description = '', ...rest }, services, { cause, caller }) => {
      const referenced = referencedModel(source);
      if (referenced !== undefined) caller.require('reader', referenced);
      const { run_id: runId = '', run_link: runLink = '', model_id: loggedModelId } = rest;
      const logged = loggedModelId === undefined || loggedModelId === '' ? {} : { loggedModelId };
      const wish = { name, source, tags, description, runId, runLink, ...logged };
      return answerVersion(await createVersion(services, wish, cause));
    },
  }),
  mlflowCall({
    name: 'get-model-version',
    method: 'GET',
    path: 'model-versions/get',
    models: byName,
    summary: 'Get a model version',
    fields: z.object(key),
    output: oneVersion,
    run: async ({ name, version }, services) => answerVersion(await getModelVersion(services, name, version)),
  }),
  mlflowCall({
    name: 'search-model-versions',
    method: 'GET',
    path: 'model-versions/search',
    summary: 'Search model versions',
    fields: z.object({
      filter: optional('filter'),
      max_results: integer('max_results'),
      order_by: texts('order_by'),
      page_token: optional('page_token'),
    }),
    output: z.object({ model_versions: z.array(versionView).optional(), next_page_token: z.string().optional() }),
    run: async (asked, services, { caller }) => {
      const found = await searchVersions(services, toSearch(asked), caller.scope('reader'));
      return {
        ...(found.items.length === 0 ? {} : { model_versions: found.items.map(toVersionView) }),
        ...(found.nextPageToken === undefined ? {} : { next_page_token: found.nextPageToken }),
      };
    },
  }),
  mlflowCall({
    name: 'get-model-version-download-uri',
    method: 'GET',
    path: 'model-versions/get-download-uri',
    models: byName,
    summary: 'Get the URI to download a model version from',
    fields: z.object(key),
    output: z.object({ artifact_uri: z.string() }),
    run: async ({ name, version }, services) => ({
      artifact_uri: downloadUriOf(await getModelVersion(services, name, version)),
    }),
  }),
];

const changing = [
  mlflowCall({
    name: 'update-model-version',
    method: 'PATCH',
    path: 'model-versions/update',
    models: byName,
    summary: 'Set the description of a model version',
    fields: z.object({ ...key, description: optional('description') }),
    output: oneVersion,
    run: async (fields, services, { cause }) => answerVersion(await describeVersion(services, fields, cause)),
  }),
  mlflowCall({
    name: 'transition-model-version-stage',
    method: 'POST',
    path: 'model-versions/transition-stage',
    models: byName,
    summary: 'Move a model version to a stage',
    fields: z.object({
      ...key,
      stage: required('stage'),
      archive_existing_versions: flag('archive_existing_versions'),
    }),
    output: oneVersion,
    run: async ({ archive_existing_versions: archiveExisting, ...wish }, services, { cause }) =>
      answerVersion(await transitionStage(services, { ...wish, archiveExisting }, cause)),
  }),
  mlflowCall({
    name: 'delete-model-version',
    method: 'DELETE',
    path: 'model-versions/delete',
    models: byName,
    summary: 'Delete a model version',
    fields: z.object(key),
    run: (fields, services, { cause }) => deleteVersion(services, fields, cause),
  }),
  mlflowCall({
    name: 'set-model-version-tag',
    method: 'POST',
    path: 'model-versions/set-tag',
    models: byName,
    summary: 'Set a tag of a model version',
    fields: z.object({ ...key, key: required('key'), value: optional('value') }),
    run: ({ value = '', ...fields }, services, { cause }) => setVersionTag(services, { ...fields, value }, cause),
  }),
  mlflowCall({
    name: 'delete-model-version-tag',
    method: 'DELETE',
    path: 'model-versions/delete-tag',
    models: byName,
    summary: 'Delete a tag of a model version',
    fields: z.object({ ...key, key: required('key') }),
    run: (fields, services, { cause }) => deleteVersionTag(services, fields, cause),
  }),
];

/** Calls about model versions. */
export const modelVersionCalls = [...reading, ...changing];
