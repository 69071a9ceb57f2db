import { createHash, randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';
import { invalid } from '../mlflow/invalid.ts';
import { mediaTypeOf } from '../mlflow/media-type.ts';
import type { Blobs } from '../platform/blobs.ts';
import { CONTAINER, filePath } from './artifact-store.ts';
import { orBrokenOff, piecesOf, wholeBody } from './whole-body.ts';

/**
 * Uploads of one file in parts, several at a time. Nothing is kept of them but uncommitted blocks of the file: what a
 * part's blocks are is in the tag that its sender gets and shows again in the end. Blocks of uploads that nobody
 * completes vanish after a week, without ever having been seen.
 */

const MAX_PARTS = 10_000;

/** A file has at most 50,000 blocks, so 200 GB. Each part that is being received holds about two of them in memory. */
const BLOCK_BYTES = 4 * 1024 * 1024;
const MAX_BLOCKS = 50_000;

export interface PartKey {
  readonly path: string;
  readonly uploadId: string;
  /** From 1. */
  readonly part: number;
}

export interface UploadedPart {
  readonly part: number;
  /** As it was given for the part, with or without quotes. */
  readonly etag: string;
}

/** @returns 32 hex digits */
export const newUploadId = (): string => randomBytes(16).toString('hex');

const UPLOAD_ID = /^[0-9a-f]{32}$/;

/** @throws SlipwayError INVALID_PARAMETER_VALUE for what `newUploadId` cannot have given */
export const checkUploadId = (uploadId: string): string => {
  if (UPLOAD_ID.test(uploadId)) return uploadId;
  throw invalid(`'${uploadId}' is no upload: begin one with mpu/create`);
};

/** @throws SlipwayError INVALID_PARAMETER_VALUE below 1 and above 10,000 */
export const checkPartCount = (parts: number): number => {
  if (parts >= 1 && parts <= MAX_PARTS) return parts;
  throw invalid(
    `Invalid num_parts ${parts}: an upload has 1 to ${MAX_PARTS} parts. Raise MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE.`,
  );
};

/**
 * Stores a part, unseen. The same part may be sent again; the last one counts.
 *
 * @param sizeBytes what the sender announced
 * @returns its tag, in quotes
 */
export const putPart = async (blobs: Blobs, key: PartKey, body: Readable, sizeBytes?: number): Promise<string> => {
  const path = filePath(key.path);
  const hash = createHash('md5');
  let blocks = 0;
  await orBrokenOff(body, async () => {
    for await (const piece of piecesOf(wholeBody(body, sizeBytes), BLOCK_BYTES)) {
      hash.update(piece);
      await blobs.stageBlock(CONTAINER, path, blockId(key, blocks), piece);
      blocks += 1;
    }
  });
  return `"${blocks}.${hash.digest('hex')}"`;
};

/**
 * Makes the file of its parts, in place of the one that may be there.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when a part is missing or its tag is none of ours; RESOURCE_CONFLICT
 * when blocks are gone, because another upload of the same file was completed meanwhile
 */
export const completeUpload = async (
  blobs: Blobs,
  { path, uploadId }: Omit<PartKey, 'part'>,
  parts: readonly UploadedPart[],
): Promise<void> => {
  const safe = filePath(path);
  checkUploadId(uploadId);
  checkPartCount(parts.length);
  const inOrder = parts.toSorted((left, right) => left.part - right.part);
  const gap = inOrder.findIndex(({ part }, index) => part !== index + 1);
  if (gap >= 0) throw invalid(`part ${gap + 1} of the upload is missing, or one is there twice`);
  const blockIds = inOrder.flatMap(({ part, etag }) =>
    Array.from({ length: blocksIn(part, etag) }, (_, block) => blockId({ uploadId, part }, block)),
  );
  if (blockIds.length > MAX_BLOCKS) throw invalid('the file is larger than 200 GB');
  await blobs.commitBlocks(CONTAINER, safe, blockIds, { contentType: mediaTypeOf(safe) });
};

const blocksIn = (part: number, etag: string): number => {
  const [, blocks] = /^(?:W\/)?"?(\d{1,5})\.[0-9a-f]{32}"?$/.exec(etag) ?? [];
  if (blocks !== undefined) return Number(blocks);
  throw invalid(`part ${part} has no tag of ours: send the ETag that was answered when the part was uploaded`);
};

/** 48 characters, because all blocks of a file need ids of one length and the Storage SDK's own have these. */
const blockId = ({ uploadId, part }: Omit<PartKey, 'path'>, block: number): string =>
  Buffer.from(`${uploadId}${String(part).padStart(6, '0')}${String(block).padStart(10, '0')}`).toString('base64');
