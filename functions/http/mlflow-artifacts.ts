import { Readable } from 'node:stream';
import * as z from 'zod';
import type { AnyRoute, HttpAnswer } from '../../shared/platform/http/route.ts';
import { defineRoute } from '../../shared/platform/http/route.ts';
import { deleteArtifacts, listArtifacts, readArtifact, writeArtifact } from '../../shared/registry/artifacts.ts';
import { getModelVersion } from '../../shared/registry/get-version.ts';
import { optional, required } from './mlflow-fields.ts';
import type { MlflowServices } from './mlflow-services.ts';

const route = defineRoute<MlflowServices>();
const common = { dialect: 'mlflow' } as const;
const path = 'mlflow-artifacts/artifacts/{*path}';
const params = z.object({ path: z.string() });

/** The artifact proxy, relative to the root of the MLflow API. */
export const artifactRoutes: readonly AnyRoute<MlflowServices>[] = [
  route({
    ...common,
    name: 'mlflow-list-artifacts',
    method: 'GET',
    access: 'reader',
    path: 'mlflow-artifacts/artifacts',
    summary: 'List a directory of the artifact store',
    query: z.object({ path: optional('path') }),
    output: z.object({
      files: z.array(z.object({ path: z.string(), is_dir: z.boolean(), file_size: z.number().optional() })).optional(),
    }),
    handle: async ({ query }, { blobs }) => {
      const entries = await listArtifacts(blobs, query.path ?? '');
      const files = entries.map(({ name, sizeBytes }) =>
        sizeBytes === undefined ? { path: name, is_dir: true } : { path: name, is_dir: false, file_size: sizeBytes },
      );
      return { json: files.length === 0 ? {} : { files } };
    },
  }),
  route({
    ...common,
    name: 'mlflow-get-artifact-file',
    method: 'GET',
    access: 'reader',
    path,
    summary: 'Download a file of the artifact store',
    params,
    handle: async ({ params }, { blobs }) => asAttachment(await readArtifact(blobs, params.path)),
  }),
  route({
    ...common,
    name: 'mlflow-put-artifact-file',
    method: 'PUT',
    access: 'publisher',
    path,
    summary: 'Upload a file to the artifact store',
    params,
    body: 'stream',
    handle: async ({ params }, { blobs }, { stream }) => {
      await writeArtifact(blobs, params.path, stream ?? Readable.from([]));
      return { json: {} };
    },
  }),
  route({
    ...common,
    name: 'mlflow-delete-artifact-file',
    method: 'DELETE',
    access: 'publisher',
    path,
    summary: 'Delete a file or directory of the artifact store',
    params,
    handle: async ({ params }, { blobs }) => {
      await deleteArtifacts(blobs, params.path);
      return { json: {} };
    },
  }),
];

/** Downloads one file of a model version; it has no `/api/2.0` before it. */
export const versionArtifactRoute: AnyRoute<MlflowServices> = route({
  ...common,
  name: 'mlflow-get-model-version-artifact',
  method: 'GET',
  access: 'reader',
  path: 'model-versions/get-artifact',
  summary: 'Download a file of a model version',
  query: z.object({ name: required('name'), version: required('version'), path: required('path') }),
  handle: async ({ query: { name, version, path } }, services) => {
    const { blobs, publicUrl } = services;
    const ownHosts = publicUrl === undefined ? [] : [new URL(publicUrl).host];
    const found = await getModelVersion(services, name, version);
    return asAttachment(await readArtifact(blobs, path, { version: found, ownHosts }));
  },
});

const asAttachment = (file: Awaited<ReturnType<typeof readArtifact>>): HttpAnswer => ({
  headers: {
    'Content-Type': file.contentType,
    'Content-Length': String(file.sizeBytes),
    'Content-Disposition': `attachment; ${fileNameAttribute(file.name)}`,
    'X-Content-Type-Options': 'nosniff',
  },
  stream: file.stream,
});

/** The plain form for names that need no quoting, as MLflow sends it. @see https://www.rfc-editor.org/rfc/rfc8187 for others */
const fileNameAttribute = (name: string): string => {
  if (/^[\w.-]+$/.test(name)) return `filename=${name}`;
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename*=UTF-8''${encoded}`;
};
