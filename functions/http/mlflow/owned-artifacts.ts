import { Readable } from 'node:stream';
import * as z from 'zod';
import { filePath, listArtifacts, writeArtifact } from '../../../shared/artifacts/artifact-store.ts';
import { artifactPath } from '../../../shared/mlflow/artifact-path.ts';
import { invalid } from '../../../shared/mlflow/invalid.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { type AnyRoute, defineRoute } from '../../../shared/platform/http/route.ts';
import { getModelVersion } from '../../../shared/registry/get-version.ts';
import type { ModelVersion } from '../../../shared/registry/model.ts';
import { resolveArtifactRoot } from '../../../shared/registry/source.ts';
import { getLoggedModel } from '../../../shared/tracking/logged-models/update-logged-model.ts';
import { runNotFound } from '../../../shared/tracking/refusals.ts';
import { answerFile } from './artifact-answer.ts';
import { announcedBytes } from './artifacts.ts';
import { optional, required } from './fields.ts';
import { mlflowCall } from './route.ts';
import type { MlflowServices } from './services.ts';

const route = defineRoute<MlflowServices>();
const common = { dialect: 'mlflow', method: 'GET', access: 'reader' } as const;

/** Artifacts by whom they belong to: a run, a logged model or a model version. */

const listing = z.object({
  root_uri: z.string(),
  files: z.array(z.object({ path: z.string(), is_dir: z.boolean(), file_size: z.number().optional() })).optional(),
});

/** A directory below a root. Unlike the proxy's, these listings have whole paths, from the root on. */
const listBelow = async (
  services: MlflowServices,
  { owner, uri, path }: { readonly owner: string; readonly uri: string; readonly path: string },
): Promise<z.input<typeof listing>> => {
  const directory = artifactPath(path);
  const prefix = prefixOf(services, owner, { source: uri });
  const entries = await listArtifacts(services.blobs, directory === '' ? prefix : `${prefix}/${directory}`);
  const files = entries.map(({ name, sizeBytes }) => ({
    path: directory === '' ? name : `${directory}/${name}`,
    is_dir: sizeBytes === undefined,
    ...(sizeBytes === undefined ? {} : { file_size: sizeBytes }),
  }));
  return { root_uri: uri, ...(files.length === 0 ? {} : { files }) };
};

/** @throws SlipwayError INVALID_STATE when the files are somewhere else */
const prefixOf = (
  { publicUrl }: MlflowServices,
  owner: string,
  files: Pick<ModelVersion, 'source' | 'location' | 'originOf'>,
): string => {
  const ownHosts = publicUrl === undefined ? [] : [new URL(publicUrl).host];
  const root = resolveArtifactRoot(files, ownHosts);
  if (root.kind === 'artifacts') return root.prefix;
  const reason = root.kind === 'unreachable' ? root.reason : `its files are at '${root.uri}'`;
  throw new SlipwayError('INVALID_STATE', `${owner} has no files here: ${reason}`);
};

/** Clients of different age say `run_id` or `run_uuid`, or both. */
const runFields = { run_id: optional('run_id'), run_uuid: optional('run_uuid') };

const runOf = async (
  { trackingStore }: MlflowServices,
  { run_id, run_uuid }: { readonly run_id?: string | undefined; readonly run_uuid?: string | undefined },
) => {
  const runId = run_id || run_uuid || '';
  if (runId === '') {
    throw invalid(
      "Missing value for required parameter 'run_id'. See the API docs for more information about request parameters.",
    );
  }
  const run = (await trackingStore.readRun(runId))?.value;
  if (run === undefined) throw runNotFound(runId);
  return { uri: run.artifactUri, owner: `run '${runId}'` };
};

const loggedModelOf = async (services: MlflowServices, modelId: string) => {
  const { artifactUri } = await getLoggedModel(services, modelId);
  return { uri: artifactUri, owner: `logged model '${modelId}'` };
};

/** Calls that list the artifacts of a run or a logged model. */
export const ownedArtifactCalls = [
  mlflowCall({
    name: 'list-run-artifacts',
    method: 'GET',
    path: 'artifacts/list',
    summary: 'List a directory of the artifacts of a run',
    // All of a directory is one page, so no token is ever given.
    fields: z.object({ ...runFields, path: optional('path'), page_token: optional('page_token') }),
    output: listing,
    run: async ({ path = '', ...run }, services) => listBelow(services, { ...(await runOf(services, run)), path }),
  }),
  mlflowCall({
    name: 'list-logged-model-artifacts',
    method: 'GET',
    path: 'logged-models/{model_id}/artifacts/directories',
    params: z.object({ model_id: z.string() }),
    summary: 'List a directory of the artifacts of a logged model',
    fields: z.object({
      artifact_directory_path: optional('artifact_directory_path'),
      page_token: optional('page_token'),
    }),
    output: listing,
    run: async ({ model_id, artifact_directory_path: path = '' }, services) =>
      listBelow(services, { ...(await loggedModelOf(services, model_id)), path }),
  }),
];

const runFile = {
  ...common,
  summary: 'Download a file of a run',
  query: z.object({ ...runFields, path: required('path') }),
};

/** Downloads by owner, and the one upload that MLflow's pages do. They are where MLflow has them, mostly without prefix. */
export const ownedArtifactRoutes: readonly AnyRoute<MlflowServices>[] = [
  ...[
    ['mlflow-get-run-artifact', 'get-artifact'],
    ['mlflow-ajax-get-run-artifact', 'ajax-api/2.0/mlflow/get-artifact'],
  ].map(([name = '', path = '']) =>
    route({
      ...runFile,
      name,
      path,
      handle: async ({ query }, services, context) => {
        const { uri, owner } = await runOf(services, query);
        const below = filePath(query.path);
        return answerFile(services.blobs, `${prefixOf(services, owner, { source: uri })}/${below}`, context);
      },
    }),
  ),
  route({
    ...common,
    name: 'mlflow-ajax-get-logged-model-artifact',
    path: 'ajax-api/2.0/mlflow/logged-models/{model_id}/artifacts/files',
    summary: 'Download a file of a logged model',
    params: z.object({ model_id: z.string() }),
    query: z.object({ artifact_file_path: required('artifact_file_path') }),
    handle: async ({ params, query }, services, context) => {
      const { uri, owner } = await loggedModelOf(services, params.model_id);
      const below = filePath(query.artifact_file_path);
      return answerFile(services.blobs, `${prefixOf(services, owner, { source: uri })}/${below}`, context);
    },
  }),
  route({
    ...common,
    name: 'mlflow-ajax-upload-run-artifact',
    method: 'POST',
    access: 'publisher',
    path: 'ajax-api/2.0/mlflow/upload-artifact',
    summary: 'Upload a file of a run',
    query: z.object({ ...runFields, path: required('path') }),
    body: 'stream',
    handle: async ({ query }, services, context) => {
      const { uri, owner } = await runOf(services, query);
      const path = `${prefixOf(services, owner, { source: uri })}/${filePath(query.path)}`;
      await writeArtifact(services.blobs, path, context.stream ?? Readable.from([]), announcedBytes(context));
      return { json: {} };
    },
  }),
  route({
    ...common,
    name: 'mlflow-get-model-version-artifact',
    path: 'model-versions/get-artifact',
    models: ({ query }) => [query.name],
    summary: 'Download a file of a model version',
    query: z.object({ name: required('name'), version: required('version'), path: required('path') }),
    handle: async ({ query: { name, version, path } }, services, context) => {
      const found = await getModelVersion(services, name, version);
      const prefix = prefixOf(services, `version ${found.version} of '${found.name}'`, found);
      return answerFile(services.blobs, `${prefix}/${filePath(path)}`, context);
    },
  }),
];
