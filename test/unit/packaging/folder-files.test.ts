import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import type { ModelFile, ModelFiles } from '../../../shared/packaging/files/model-files.ts';

const listed = async (files: ModelFiles): Promise<readonly ModelFile[]> => {
  const listing: ModelFile[] = [];
  for await (const file of files.list()) listing.push(file);
  return listing;
};

describe('a folder on disk', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder-files-'));
    await mkdir(join(folder, 'lib'));
    await writeFile(join(folder, 'lib', 'run'), 'abc', { mode: 0o755 });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it.each([
    ['an absolute', (path: string) => path],
    ['a relative', (path: string) => `./${relative(process.cwd(), path)}/`],
  ])('lists its files under %s path, with size, content id and whether they are programs', async (_, pathOf) => {
    const files = createFolderFiles(pathOf(folder));

    expect(await listed(files)).toEqual([
      {
        path: 'lib/run',
        size: 3,
        executable: true,
        contentId: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      },
    ]);
    expect(await text(await files.open('lib/run'))).toBe('abc');
  });

  it.each([
    ['a file', '/etc/passwd'],
    ['a folder', '/etc'],
    ['nothing', '/not/there'],
    ['what is in the folder', '../lib/run'],
  ])('refuses a link to %s, and says where it is', async (_, target) => {
    await symlink(target, join(folder, 'lib', 'link'));

    await expect(listed(createFolderFiles(folder))).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining("'lib/link' is a link"),
      details: { path: 'lib/link' },
    });
  });

  it('does not read files to list them when nobody asks for content ids', async () => {
    const [file] = await listed(createFolderFiles(folder, { contentIds: false }));

    expect(file).toEqual({ path: 'lib/run', size: 3, executable: true });
  });

  it('is looked for again after it was missing', async () => {
    const late = join(folder, 'late');
    const files = createFolderFiles(late);
    await expect(listed(files)).rejects.toThrow('ENOENT');
    await mkdir(late);
    await writeFile(join(late, 'a'), '');

    expect(await listed(files)).toMatchObject([{ path: 'a', size: 0, executable: false }]);
  });
});
