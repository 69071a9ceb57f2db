import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { SlipwayError } from '../../platform/errors.ts';
import type { ModelFile, ModelFiles } from './model-files.ts';

/** The files of a folder on disk, with their sha256 as content ids. Listed and hashed once: it must not change. */
export const createFolderFiles = (folder: string): ModelFiles => {
  let listing: Promise<readonly ModelFile[]> | undefined;
  return {
    async *list() {
      listing ??= listFolder(folder).catch((error: unknown) => {
        listing = undefined;
        throw error;
      });
      yield* await listing;
    },
    open: async (path) => createReadStream(join(folder, path)),
  };
};

/** @throws SlipwayError INVALID_PARAMETER_VALUE for anything that is neither file nor directory, such as a link */
const listFolder = async (folder: string): Promise<readonly ModelFile[]> => {
  const files: ModelFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue;
    const absolute = join(entry.parentPath, entry.name);
    if (!entry.isFile()) {
      throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${entry.name}' is a link or a device, not a file`);
    }
    const { size, mode } = await stat(absolute);
    const path = relative(folder, absolute).replaceAll('\\', '/');
    files.push({ path, size, executable: (mode & 0o111) !== 0, contentId: await sha256(absolute) });
  }
  return files;
};

const sha256 = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
