import { Readable } from 'node:stream';
import * as z from 'zod';
import { filePath, statArtifact } from '../../../shared/artifacts/artifact-store.ts';
import {
  checkPartCount,
  checkUploadId,
  completeUpload,
  newUploadId,
  putPart,
} from '../../../shared/artifacts/multipart.ts';
import type { AnyRoute } from '../../../shared/platform/http/route.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { answerFile } from './artifact-answer.ts';
import { announcedBytes } from './artifacts.ts';
import { required } from './fields.ts';
import type { MlflowServices } from './services.ts';

const route = defineRoute<MlflowServices>();
const common = { dialect: 'mlflow' } as const;
const params = z.object({ path: z.string() });
const publishing = { ...common, method: 'POST', access: 'publisher', params } as const;

/** The client gives the path of its own disk, whose last segment is the file's name in the directory of the URL. */
const targetOf = (directory: string, localPath: string): string =>
  filePath(`${directory}/${localPath.split(/[/\\]/).at(-1) ?? ''}`);

const etagged = z.object({ part_number: z.int(), etag: z.string().nullish() });

/** 10,000 parts with their URLs. */
const MAX_PARTS_BYTES = 16 * 1_048_576;

/** Uploads in parts and downloads in ranges, as MLflow's clients arrange them; relative to the root of the MLflow API. */
export const transferRoutes: readonly AnyRoute<MlflowServices>[] = [
  route({
    ...publishing,
    name: 'mlflow-create-multipart-upload',
    path: 'mlflow-artifacts/mpu/create/{*path}',
    summary: 'Begin to upload a file in parts',
    body: z.object({ path: required('path'), num_parts: z.int().default(1) }),
    output: z.object({
      upload_id: z.string(),
      credentials: z.array(
        z.object({ url: z.string(), part_number: z.number(), headers: z.record(z.string(), z.string()) }),
      ),
    }),
    handle: async ({ params, body }, { signedUrls }) => {
      const path = targetOf(params.path, body.path);
      const uploadId = newUploadId();
      const credentials = Array.from({ length: checkPartCount(body.num_parts) }, (_, index) => {
        const part = index + 1;
        return { url: signedUrls.partUrl({ path, uploadId, part }), part_number: part, headers: {} };
      });
      return { json: { upload_id: uploadId, credentials } };
    },
  }),
  route({
    ...publishing,
    name: 'mlflow-complete-multipart-upload',
    path: 'mlflow-artifacts/mpu/complete/{*path}',
    summary: 'Make a file of its uploaded parts',
    maxJsonBytes: MAX_PARTS_BYTES,
    body: z.object({ path: required('path'), upload_id: required('upload_id'), parts: z.array(etagged) }),
    handle: async ({ params, body }, { blobs }) => {
      const parts = body.parts.map(({ part_number: part, etag }) => ({ part, etag: etag ?? '' }));
      await completeUpload(blobs, { path: targetOf(params.path, body.path), uploadId: body.upload_id }, parts);
      return { json: {} };
    },
  }),
  route({
    ...publishing,
    name: 'mlflow-abort-multipart-upload',
    path: 'mlflow-artifacts/mpu/abort/{*path}',
    summary: 'Give up an upload in parts, of which nothing was seen',
    body: z.object({ path: required('path'), upload_id: required('upload_id') }),
    handle: async ({ params, body }) => {
      targetOf(params.path, body.path);
      checkUploadId(body.upload_id);
      return { json: {} };
    },
  }),
  route({
    ...common,
    name: 'mlflow-presign-artifact-file',
    method: 'GET',
    access: 'reader',
    path: 'mlflow-artifacts/presigned/{*path}',
    summary: 'Get a URL that gives a file for an hour, to read it in ranges',
    params,
    output: z.object({ url: z.string(), headers: z.record(z.string(), z.string()), file_size: z.number() }),
    handle: async ({ params }, { blobs, signedUrls }) => {
      const { size } = await statArtifact(blobs, params.path);
      return { json: { url: signedUrls.fileUrl(params.path), headers: {}, file_size: size } };
    },
  }),
];

const signature = { expires: z.coerce.number().int(), signature: z.string().min(1) };

/** Where signed URLs point: the signature, not a token, says what may be done. */
export const signedRoutes: readonly AnyRoute<MlflowServices>[] = [
  route({
    ...common,
    name: 'mlflow-put-signed-part',
    method: 'PUT',
    access: 'public',
    path: 'api/2.0/mlflow-artifacts/mpu/parts/{*path}',
    summary: 'Upload one part of a file to the URL that was given for it',
    params,
    query: z.object({ upload_id: z.string(), part: z.coerce.number().int(), ...signature }),
    body: 'stream',
    handle: async ({ params: { path }, query }, { blobs, signedUrls }, context) => {
      const key = { path, uploadId: query.upload_id, part: query.part };
      signedUrls.checkPart(key, query);
      const etag = await putPart(blobs, key, context.stream ?? Readable.from([]), announcedBytes(context));
      return { headers: { ETag: etag }, json: {} };
    },
  }),
  route({
    ...common,
    name: 'mlflow-get-signed-file',
    method: 'GET',
    access: 'public',
    path: 'api/2.0/mlflow-artifacts/signed/{*path}',
    summary: 'Download a file from the URL that was given for it',
    params,
    query: z.object(signature),
    handle: ({ params: { path }, query }, { blobs, signedUrls }, context) => {
      signedUrls.checkFile(path, query);
      return answerFile(blobs, path, context);
    },
  }),
];
