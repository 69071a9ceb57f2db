import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { BlobServiceClient, BlockBlobClient } from '@azure/storage-blob';
import type { BlobContent, BlobStat, Blobs, BlobWriteOptions, BlobWritten, ByteRange } from '../../platform/blobs.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { fromRestError, hasStatus, serviceCode } from '../from-rest-error.ts';
import { countBytes } from './count-bytes.ts';
import { listBlobs } from './list-blobs.ts';
import { blobService, type StorageAccountOptions } from './storage-account.ts';

/** Memory of one streamed write is about block size × concurrency. A blob has at most 50,000 blocks: 400 GB here. */
const BLOCK_BYTES = 8 * 1024 * 1024;
const BLOCK_CONCURRENCY = 2;

const OCTETS = 'application/octet-stream';

/** The files of a storage account. */
export const createBlobs = (options: StorageAccountOptions): Blobs => {
  const service = blobService(options);
  return {
    write: (container, path, body, writeOptions = {}) =>
      attempt('write blob', container, path, () => write(blobOf(service, container, path), body, writeOptions)),
    read: (container, path, range) =>
      orUndefined('read blob', container, path, () => read(blobOf(service, container, path), range)),
    stat: (container, path) => orUndefined('stat blob', container, path, () => stat(blobOf(service, container, path))),
    list: (container, prefix, delimiter) => listBlobs(service.getContainerClient(container), prefix, delimiter),
    stageBlock: async (container, path, blockId, bytes) => {
      const hash = createHash('md5').update(bytes).digest();
      await attempt('stage block', container, path, () =>
        blobOf(service, container, path).stageBlock(blockId, bytes, bytes.length, {
          transactionalContentMD5: hash,
        }),
      );
    },
    commitBlocks: async (container, path, blockIds, { contentType = OCTETS } = {}) => {
      await attempt('commit blocks', container, path, () =>
        blobOf(service, container, path).commitBlockList([...blockIds], {
          blobHTTPHeaders: { blobContentType: contentType },
        }),
      );
    },
    delete: async (container, path) => {
      const done = await attempt('delete blob', container, path, () =>
        blobOf(service, container, path).deleteIfExists({ deleteSnapshots: 'include' }),
      );
      return done.succeeded;
    },
  };
};

const blobOf = (service: BlobServiceClient, container: string, path: string): BlockBlobClient =>
  service.getContainerClient(container).getBlockBlobClient(path);

const attempt = async <T>(operation: string, container: string, path: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    // "There is one already" is how the service says that If-None-Match did not hold.
    if (hasStatus(error, 409) && serviceCode(error) === 'BlobAlreadyExists') {
      throw new SlipwayError('PRECONDITION_FAILED', `blob '${path}' exists`, { cause: error, details: { container } });
    }
    // Whoever commits a blob's blocks drops those of everybody else.
    if (hasStatus(error, 400) && serviceCode(error) === 'InvalidBlockList') {
      const message = `another upload of '${path}' was finished meanwhile: upload it again`;
      throw new SlipwayError('RESOURCE_CONFLICT', message, { cause: error, details: { container } });
    }
    throw fromRestError(error, operation, { container, path });
  }
};

const orUndefined = async <T>(
  operation: string,
  container: string,
  path: string,
  work: () => Promise<T>,
): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (hasStatus(error, 404) && serviceCode(error) !== 'ContainerNotFound') return undefined;
    throw fromRestError(error, operation, { container, path });
  }
};

const write = async (
  blob: BlockBlobClient,
  body: Readable | Uint8Array | string,
  { contentType, ifNoneMatch, ifMatch }: BlobWriteOptions,
): Promise<BlobWritten> => {
  const conditions = {
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(ifMatch === undefined ? {} : { ifMatch }),
  };
  const blobContentType = contentType ?? OCTETS;
  if (body instanceof Readable) {
    const counter = countBytes();
    body.once('error', (error) => counter.stream.destroy(error));
    try {
      const options = { conditions, blobHTTPHeaders: { blobContentType } };
      const written = await blob.uploadStream(body.pipe(counter.stream), BLOCK_BYTES, BLOCK_CONCURRENCY, options);
      return { etag: written.etag ?? '', size: counter.bytes() };
    } finally {
      counter.stream.destroy();
    }
  }
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const blobContentMD5 = createHash('md5').update(bytes).digest();
  const written = await blob.upload(bytes, bytes.length, {
    conditions,
    blobHTTPHeaders: { blobContentType, blobContentMD5 },
  });
  return { etag: written.etag ?? '', size: bytes.length };
};

const read = async (blob: BlockBlobClient, range?: ByteRange): Promise<BlobContent> => {
  const count = range?.end === undefined ? undefined : range.end - range.start + 1;
  const answer = await blob.download(range?.start ?? 0, count);
  // In Node the SDK always gives a stream, which asks for the rest by itself when the connection breaks.
  const stream = answer.readableStreamBody as Readable;
  const total = Number(answer.contentRange?.split('/')[1] ?? answer.contentLength ?? 0);
  // Azure refuses a range that begins at the end, Azurite answers it with nothing: one behaviour for both.
  if (range !== undefined && range.start > 0 && range.start >= total) {
    stream.destroy();
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `byte ${range.start} is behind the end of the blob`, {
      details: { size: total },
    });
  }
  return {
    stream,
    size: total,
    etag: answer.etag ?? '',
    ...(answer.contentType === undefined ? {} : { contentType: answer.contentType }),
  };
};

const stat = async (blob: BlockBlobClient): Promise<BlobStat> => {
  const { contentLength = 0, etag = '', contentMD5, contentType } = await blob.getProperties();
  return {
    size: contentLength,
    etag,
    ...(contentMD5 === undefined ? {} : { md5: Buffer.from(contentMD5).toString('base64') }),
    ...(contentType === undefined ? {} : { contentType }),
  };
};
