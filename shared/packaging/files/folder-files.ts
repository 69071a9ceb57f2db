import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { SlipwayError } from '../../platform/errors.ts';
import type { ModelFile, ModelFiles } from './model-files.ts';

/**
 * The files of a folder on disk. Listed once: it must not change.
 *
 * @param contentIds - their sha256, which means that all of them are read; without them only what is opened is read
 */
export const createFolderFiles = (
  folder: string,
  { contentIds = true }: { readonly contentIds?: boolean } = {},
): ModelFiles => {
  let listing: Promise<readonly ModelFile[]> | undefined;
  return {
    async *list() {
      listing ??= listFolder(folder, contentIds).catch((error: unknown) => {
        listing = undefined;
        throw error;
      });
      yield* await listing;
    },
    open: async (path, offset = 0) => createReadStream(join(folder, path), { start: offset }),
  };
};

/** @throws SlipwayError INVALID_PARAMETER_VALUE for anything that is neither file nor directory, such as a link */
const listFolder = async (folder: string, contentIds: boolean): Promise<readonly ModelFile[]> => {
  const files: ModelFile[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isDirectory()) continue;
    const absolute = join(entry.parentPath, entry.name);
    const path = relative(folder, absolute).replaceAll('\\', '/');
    if (!entry.isFile()) {
      const problem = `'${path}' is a link or a device, not a file. Put a copy of the file there`;
      throw new SlipwayError('INVALID_PARAMETER_VALUE', problem, { details: { path } });
    }
    const { size, mode } = await stat(absolute);
    const contentId = contentIds ? { contentId: await sha256(absolute) } : {};
    files.push({ path, size, executable: (mode & 0o111) !== 0, ...contentId });
  }
  return files;
};

const sha256 = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
