import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { link, mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { BlobContent, Blobs } from '../shared/platform/blobs.ts';
import { SlipwayError } from '../shared/platform/errors.ts';

/**
 * Blobs as files of one folder, whatever their container. A blob is there whole or not at all, also after a crash; two
 * processes must not change the same one.
 */
export const createFolderBlobs = (folder: string): Pick<Blobs, 'read' | 'write' | 'stat' | 'delete'> => {
  const place = (path: string) => join(folder, path);
  return {
    async write(_container, path, body, { ifNoneMatch, ifMatch } = {}) {
      // A stream can fail before it is read; the pipeline finds that out and tells it.
      if (isStream(body)) body.on('error', () => undefined);
      const file = place(path);
      const known = await statOf(file);
      if (ifNoneMatch !== undefined && known !== undefined) throw changed(path);
      if (ifMatch !== undefined && known?.etag !== ifMatch) throw changed(path);
      await mkdir(dirname(file), { recursive: true });
      const temporary = join(dirname(file), `.${randomUUID()}.tmp`);
      try {
        await writeSynced(temporary, body);
        if (ifNoneMatch === undefined) await rename(temporary, file);
        else
          await link(temporary, file).catch((error: NodeJS.ErrnoException) =>
            Promise.reject(error.code === 'EEXIST' ? changed(path) : error),
          );
      } finally {
        await rm(temporary, { force: true });
      }
      const { size, etag } = (await statOf(file)) ?? { size: 0, etag: '' };
      return { size, etag };
    },
    async read(_container, path, range): Promise<BlobContent | undefined> {
      const known = await statOf(place(path));
      return known && { ...known, stream: createReadStream(place(path), range) };
    },
    stat: (_container, path) => statOf(place(path)),
    async delete(_container, path) {
      const known = await statOf(place(path));
      await rm(place(path), { force: true });
      return known !== undefined;
    },
  };
};

const statOf = async (file: string): Promise<{ readonly size: number; readonly etag: string } | undefined> => {
  try {
    const { size, mtimeNs, ino } = await stat(file, { bigint: true });
    return { size: Number(size), etag: `${ino}-${mtimeNs}-${size}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** On disk before it gets its name. */
const writeSynced = (file: string, body: Readable | Uint8Array | string): Promise<void> =>
  pipeline(isStream(body) ? body : [body], createWriteStream(file, { flags: 'wx', flush: true }));

const isStream = (body: Readable | Uint8Array | string): body is Readable =>
  typeof body !== 'string' && !(body instanceof Uint8Array);

const changed = (path: string): SlipwayError =>
  new SlipwayError('PRECONDITION_FAILED', `'${path}' was changed by somebody else`);
