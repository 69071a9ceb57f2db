import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Clause } from '../../../shared/mlflow/filter/clause.ts';
import type { Found, Search } from '../../../shared/mlflow/search.ts';
import type { Tag } from '../../../shared/mlflow/tags.ts';
import { type AnyRoute, defineRoute, type HttpAnswer } from '../../../shared/platform/http/route.ts';
import { toIso } from '../../../shared/platform/time.ts';
import { getModel } from '../../../shared/registry/get-model.ts';
import { getModelVersion } from '../../../shared/registry/get-version.ts';
import type { ModelVersion, RegisteredModel } from '../../../shared/registry/model.ts';
import { STAGES } from '../../../shared/registry/model.ts';
import { searchModels } from '../../../shared/registry/search-models.ts';
import { searchVersions } from '../../../shared/registry/search-versions.ts';
import type { MlflowServices } from '../mlflow/services.ts';
import { tagQuery } from './tag-query.ts';

const tagsView = z.record(z.string(), z.string());

/** A model version in our own API. */
export const apiVersion = z.object({
  name: z.string(),
  version: z.string().describe('A string of digits.'),
  status: z.enum(['PENDING_REGISTRATION', 'FAILED_REGISTRATION', 'READY']),
  stage: z.enum(STAGES),
  description: z.string(),
  source: z.string().describe('Where its files are, as the client gave it.'),
  location: z.string().optional().describe('Where they really are, when the source refers to something else.'),
  runId: z.string().optional(),
  tags: tagsView,
  aliases: z.array(z.string()),
  origin: z.enum(['mlflow', 'azure-ml', 'mlflow-server']),
  originOf: z
    .object({ server: z.string(), name: z.string(), version: z.string() })
    .optional()
    .describe('What it is on the origin server it is mirrored from.'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** A registered model in our own API. */
export const apiModel = z.object({
  name: z.string(),
  description: z.string(),
  tags: tagsView,
  aliases: z.record(z.string(), z.string()).describe('Version by alias.'),
  latestVersions: z.array(apiVersion).describe('The highest version of each stage that has any.'),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

const toRecord = (tags: readonly Tag[]) => Object.fromEntries(tags.map(({ key, value }) => [key, value]));

const toApiVersion = (version: ModelVersion): z.input<typeof apiVersion> => ({
  name: version.name,
  version: version.version,
  status: version.status,
  stage: version.stage,
  description: version.description,
  source: version.source,
  ...(version.location === undefined ? {} : { location: version.location }),
  ...(version.runId === '' ? {} : { runId: version.runId }),
  tags: toRecord(version.tags),
  aliases: [...version.aliases],
  origin: version.origin,
  ...(version.originOf === undefined ? {} : { originOf: version.originOf }),
  createdAt: toIso(version.createdAt),
  updatedAt: toIso(version.updatedAt),
});

const toApiModel = (model: RegisteredModel): z.input<typeof apiModel> => ({
  name: model.name,
  description: model.description,
  tags: toRecord(model.tags),
  aliases: Object.fromEntries(model.aliases.map(({ alias, version }) => [alias, version])),
  latestVersions: model.latestVersions.map(toApiVersion),
  createdAt: toIso(model.createdAt),
  updatedAt: toIso(model.updatedAt),
});

/** What was read, with an ETag that changes with any of it: a version also shows what its model holds. */
const tagged = (json: unknown): HttpAnswer => {
  const digest = createHash('sha256').update(JSON.stringify(json)).digest('base64url').slice(0, 22);
  return { headers: { ETag: `"${digest}"` }, json };
};

const listQuery = z.object({
  tag: tagQuery,
  cursor: z.string().min(1).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

const searchOf = ({ tag = [], cursor, limit }: z.output<typeof listQuery>, more: readonly Clause[] = []): Search => ({
  maxResults: limit,
  clauses: [...more, ...tag],
  ...(cursor === undefined ? {} : { pageToken: cursor }),
});

const listed = <T, View>({ items, nextPageToken }: Found<T>, toView: (item: T) => View) => ({
  items: items.map(toView),
  ...(nextPageToken === undefined ? {} : { next: nextPageToken }),
});

const route = defineRoute<MlflowServices>();
const common = { method: 'GET', access: 'reader', dialect: 'slipway' } as const;

/** Registered models in our own API. */
export const modelRoutes: readonly AnyRoute<MlflowServices>[] = [
  route({
    ...common,
    name: 'api-models-list',
    path: 'api/v1/models',
    summary: 'List registered models by name',
    query: listQuery,
    output: z.object({ items: z.array(apiModel), next: z.string().optional() }),
    handle: async ({ query }, services, { caller }) => {
      const found = await searchModels(services, searchOf(query), caller.scope('reader'));
      return { json: listed(found, toApiModel) };
    },
  }),
  route({
    ...common,
    name: 'api-versions-list',
    path: 'api/v1/versions',
    summary: 'List model versions of all models, the last changed first',
    query: listQuery,
    output: z.object({ items: z.array(apiVersion), next: z.string().optional() }),
    handle: async ({ query }, services, { caller }) => {
      const found = await searchVersions(services, searchOf(query), caller.scope('reader'));
      return { json: listed(found, toApiVersion) };
    },
  }),
  route({
    ...common,
    name: 'api-models-list-versions',
    path: 'api/v1/models/{name}/versions',
    models: ({ params }) => [params.name],
    summary: 'List the versions of a model, the newest first',
    params: z.object({ name: z.string() }),
    query: listQuery,
    output: z.object({ items: z.array(apiVersion), next: z.string().optional() }),
    handle: async ({ params: { name }, query }, services) => {
      await getModel(services, name);
      const found = await searchVersions(services, {
        ...searchOf(query, [{ kind: 'attribute', key: 'name', comparator: '=', value: name }]),
        orderBy: ['version_number DESC'],
      });
      return { json: listed(found, toApiVersion) };
    },
  }),
  route({
    ...common,
    name: 'api-models-get',
    path: 'api/v1/models/{name}',
    models: ({ params }) => [params.name],
    summary: 'Get a registered model',
    params: z.object({ name: z.string() }),
    output: apiModel,
    handle: async ({ params }, services) => tagged(toApiModel(await getModel(services, params.name))),
  }),
  route({
    ...common,
    name: 'api-models-get-version',
    path: 'api/v1/models/{name}/versions/{version}',
    models: ({ params }) => [params.name],
    summary: 'Get a model version',
    params: z.object({ name: z.string(), version: z.string() }),
    output: apiVersion,
    handle: async ({ params: { name, version } }, services) =>
      tagged(toApiVersion(await getModelVersion(services, name, version))),
  }),
];
