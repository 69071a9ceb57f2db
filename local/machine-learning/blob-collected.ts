import type { ContainerClient } from '@azure/storage-blob';
import type { CollectedData } from './options.ts';

/** Largest block that an append blob takes at once. */
const MAX_BLOCK_BYTES = 4 * 1_048_576;

/** Collected data as append blobs of one container, which is created with the first of them. */
export const createBlobCollected = (container: ContainerClient): CollectedData => {
  const known = new Set<string>();
  return {
    async append(path, lines): Promise<void> {
      const blob = container.getAppendBlobClient(path);
      if (!known.has(path)) {
        await container.createIfNotExists();
        await blob.createIfNotExists();
        known.add(path);
      }
      const bytes = Buffer.from(lines);
      for (let at = 0; at < bytes.length; at += MAX_BLOCK_BYTES) {
        const block = bytes.subarray(at, at + MAX_BLOCK_BYTES);
        await blob.appendBlock(block, block.length);
      }
    },
  };
};
