import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { BlobEntry } from '../../platform/blobs.ts';
import { fromRestError } from '../from-rest-error.ts';

/** Entries page by page, so that listing a large container holds one page in memory. */
export const listBlobs = async function* (
  container: ContainerClient,
  prefix: string,
  delimiter?: '/',
): AsyncGenerator<BlobEntry> {
  try {
    if (delimiter === undefined) {
      for await (const item of container.listBlobsFlat({ prefix })) yield toEntry(item);
      return;
    }
    for await (const item of container.listBlobsByHierarchy(delimiter, { prefix })) {
      yield item.kind === 'prefix' ? { path: item.name, size: 0, isDirectory: true } : toEntry(item);
    }
  } catch (error) {
    throw fromRestError(error, 'list blobs', { container: container.containerName });
  }
};

const toEntry = ({ name, properties: { contentLength = 0, contentMD5 } }: BlobItem): BlobEntry => ({
  path: name,
  size: contentLength,
  isDirectory: false,
  ...(contentMD5 === undefined ? {} : { md5: Buffer.from(contentMD5).toString('base64') }),
});
