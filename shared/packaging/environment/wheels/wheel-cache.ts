import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open as openHandle, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Blobs } from '../../../platform/blobs.ts';
import { SlipwayError } from '../../../platform/errors.ts';
import type { RandomAccess } from './random-access.ts';

/** Wheels that were downloaded, by their sha256 in hex. Whatever is in it may be removed at any time. */
export interface WheelCache {
  open(sha256: string): Promise<RandomAccess | undefined>;
  /**
   * Keeps a wheel whole, or not at all.
   *
   * @throws SlipwayError INVALID_STATE when it has another hash
   */
  put(sha256: string, open: () => Promise<Readable>): Promise<void>;
}

/** A cache in a folder, which several processes may share. */
export const createFolderWheelCache = (folder: string): WheelCache => {
  const pathOf = (sha256: string): string => join(folder, sha256.slice(0, 2), `${sha256}.whl`);
  return {
    open: (sha256) => openFile(pathOf(sha256)),
    async put(sha256, open) {
      const path = pathOf(sha256);
      const aside = `${path}.${randomUUID()}`;
      await mkdir(join(folder, sha256.slice(0, 2)), { recursive: true });
      try {
        await pipeline(await open(), requireSha256(sha256), createWriteStream(aside));
        await rename(aside, path);
      } finally {
        await rm(aside, { force: true });
      }
    },
  };
};

/** A file on disk, or undefined when there is none. */
const openFile = async (path: string): Promise<RandomAccess | undefined> => {
  const handle = await openHandle(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw cause;
  });
  if (handle === undefined) return undefined;
  const { size } = await handle.stat();
  return {
    size,
    close: () => handle.close(),
    async read(position, length) {
      const { buffer: bytes, bytesRead } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
      if (bytesRead === length) return bytes;
      throw new SlipwayError('INVALID_STATE', 'a wheel was shortened while it was read');
    },
  };
};

/** A cache beside the images, read in ranges: nothing is kept on a disk that may be small. */
export const createBlobWheelCache = (blobs: Blobs): WheelCache => {
  const pathOf = (sha256: string): string => `wheels/${sha256}.whl`;
  return {
    open: (sha256) => openBlob(blobs, pathOf(sha256)),
    async put(sha256, open) {
      const check = requireSha256(sha256);
      const piped = pipeline(await open(), check);
      await Promise.all([blobs.write('images', pathOf(sha256), check), piped]);
    },
  };
};

/** A blob of the images' container, or undefined when there is none. */
const openBlob = async (blobs: Blobs, path: string): Promise<RandomAccess | undefined> => {
  const stat = await blobs.stat('images', path);
  if (stat === undefined) return undefined;
  return {
    size: stat.size,
    close: async () => undefined,
    async read(start, length) {
      if (length === 0) return Buffer.alloc(0);
      const content = await blobs.read('images', path, { start, end: start + length - 1 });
      if (content === undefined)
        throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'a wheel was removed while it was read');
      return buffer(content.stream);
    },
  };
};

/** Passes on what it gets, and fails at the end when that was not what it should be. */
const requireSha256 = (sha256: string): Transform => {
  const hash = createHash('sha256');
  return new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const actual = hash.digest('hex');
      done(actual === sha256 ? null : new SlipwayError('INVALID_STATE', `the download has the sha256 ${actual}`));
    },
  });
};
