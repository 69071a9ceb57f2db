import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { BlobEntry, Blobs } from '../../../shared/platform/blobs.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';

/** Blobs in memory, as far as the artifact store uses them. */
export const createMemoryBlobs = (): Blobs => {
  const blobs = new Map<string, { readonly bytes: Buffer; readonly contentType: string | undefined }>();
  const staged = new Map<string, Buffer>();
  const etagOf = (bytes: Buffer) => `"${createHash('sha1').update(bytes).digest('hex')}"`;
  const keyOf = (container: string, path: string) => `${container}/${path}`;
  return {
    write: async (container, path, body, options = {}) => {
      const bytes = body instanceof Readable ? await buffer(body) : Buffer.from(body as string);
      blobs.set(keyOf(container, path), { bytes, contentType: options.contentType });
      return { etag: etagOf(bytes), size: bytes.length };
    },
    read: async (container, path, range) => {
      const found = blobs.get(keyOf(container, path));
      if (found === undefined) return undefined;
      const { bytes, contentType } = found;
      const part = range === undefined ? bytes : bytes.subarray(range.start, (range.end ?? bytes.length) + 1);
      const base = { stream: Readable.from([part]), size: bytes.length, etag: etagOf(bytes) };
      return contentType === undefined ? base : { ...base, contentType };
    },
    stat: async (container, path) => {
      const found = blobs.get(keyOf(container, path));
      return found === undefined ? undefined : { size: found.bytes.length, etag: etagOf(found.bytes) };
    },
    list: async function* (container, prefix, delimiter) {
      const entries = new Map<string, BlobEntry>();
      for (const [key, { bytes }] of blobs) {
        const path = key.slice(container.length + 1);
        if (!key.startsWith(`${container}/`) || !path.startsWith(prefix)) continue;
        const slash = delimiter === undefined ? -1 : path.indexOf(delimiter, prefix.length);
        if (slash < 0) entries.set(path, { path, size: bytes.length, isDirectory: false });
        else entries.set(path.slice(0, slash + 1), { path: path.slice(0, slash + 1), size: 0, isDirectory: true });
      }
      yield* [...entries.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
    },
    stageBlock: async (container, path, blockId, bytes) => {
      staged.set(`${keyOf(container, path)} ${blockId}`, Buffer.from(bytes));
    },
    commitBlocks: async (container, path, blockIds, options = {}) => {
      const blocks = blockIds.map((blockId) => staged.get(`${keyOf(container, path)} ${blockId}`));
      if (blocks.some((block) => block === undefined)) throw new SlipwayError('RESOURCE_CONFLICT', 'a block is gone');
      blobs.set(keyOf(container, path), {
        bytes: Buffer.concat(blocks.filter((block) => block !== undefined)),
        contentType: options.contentType,
      });
      for (const key of staged.keys()) if (key.startsWith(`${keyOf(container, path)} `)) staged.delete(key);
    },
    delete: async (container, path) => blobs.delete(keyOf(container, path)),
  };
};
