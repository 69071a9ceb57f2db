import { Readable } from 'node:stream';
import * as z from 'zod';
import { deleteArtifacts, listArtifacts, writeArtifact } from '../../../shared/artifacts/artifact-store.ts';
import type { AnyRoute, RequestContext } from '../../../shared/platform/http/route.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { answerFile } from './artifact-answer.ts';
import { optional } from './fields.ts';
import type { MlflowServices } from './services.ts';

const route = defineRoute<MlflowServices>();
const common = { dialect: 'mlflow' } as const;
const path = 'mlflow-artifacts/artifacts/{*path}';
const params = z.object({ path: z.string() });

/** Bytes that the sender announced; a chunked body announces none. */
export const announcedBytes = ({ header }: Pick<RequestContext, 'header'>): number | undefined => {
  const length = header('content-length');
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined;
};

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
    summary: 'Download a file of the artifact store, or a range of it',
    params,
    handle: ({ params }, { blobs }, context) => answerFile(blobs, params.path, context),
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
    handle: async ({ params }, { blobs }, context) => {
      await writeArtifact(blobs, params.path, context.stream ?? Readable.from([]), announcedBytes(context));
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
