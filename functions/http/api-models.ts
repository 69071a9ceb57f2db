import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Tag } from '../../shared/mlflow/tags.ts';
import { type AnyRoute, defineRoute, type HttpAnswer } from '../../shared/platform/http/route.ts';
import { toIso } from '../../shared/platform/time.ts';
import { getModel } from '../../shared/registry/get-model.ts';
import { getModelVersion } from '../../shared/registry/get-version.ts';
import type { ModelVersion, RegisteredModel } from '../../shared/registry/model.ts';
import { STAGES } from '../../shared/registry/model.ts';
import { searchModels } from '../../shared/registry/search-models.ts';
import type { MlflowServices } from './mlflow-services.ts';

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
  origin: z.enum(['mlflow', 'azure-ml']),
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

const route = defineRoute<MlflowServices>();
const common = { method: 'GET', access: 'reader', dialect: 'slipway' } as const;

/** Registered models in our own API. */
export const modelRoutes: readonly AnyRoute<MlflowServices>[] = [
  route({
    ...common,
    name: 'api-models-list',
    path: 'api/v1/models',
    summary: 'List registered models by name',
    query: z.object({
      cursor: z.string().min(1).optional(),
      limit: z.coerce.number().int().min(1).max(1_000).default(100),
    }),
    output: z.object({ items: z.array(apiModel), next: z.string().optional() }),
    handle: async ({ query: { cursor, limit } }, services) => {
      const search = { maxResults: limit, ...(cursor === undefined ? {} : { pageToken: cursor }) };
      const { items, nextPageToken } = await searchModels(services, search);
      const next = nextPageToken === undefined ? {} : { next: nextPageToken };
      return { json: { items: items.map(toApiModel), ...next } };
    },
  }),
  route({
    ...common,
    name: 'api-models-get',
    path: 'api/v1/models/{name}',
    summary: 'Get a registered model',
    params: z.object({ name: z.string() }),
    output: apiModel,
    handle: async ({ params }, services) => tagged(toApiModel(await getModel(services, params.name))),
  }),
  route({
    ...common,
    name: 'api-models-get-version',
    path: 'api/v1/models/{name}/versions/{version}',
    summary: 'Get a model version',
    params: z.object({ name: z.string(), version: z.string() }),
    output: apiVersion,
    handle: async ({ params: { name, version } }, services) =>
      tagged(toApiVersion(await getModelVersion(services, name, version))),
  }),
];
