import { chmod, copyFile, link, lstat, mkdir, readdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { dirname, join, normalize, relative } from 'node:path';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

/**
 * Lays one unpacked layer over a root: its files replace what is there, its whiteouts remove it.
 *
 * A symbolic link is never followed; what the layer has under the same name replaces it. Absolute link targets are
 * made relative, so that they mean the image's own files without a change of root.
 *
 * @see https://github.com/opencontainers/image-spec/blob/main/layer.md
 */
export const applyLayer = (layerDir: string, rootfs: string): Promise<void> => applyDirectory(layerDir, rootfs, '');

const applyDirectory = async (layerDir: string, rootfs: string, path: string): Promise<void> => {
  const entries = await readdir(join(layerDir, path), { withFileTypes: true });
  const names = entries.map(({ name }) => name);
  if (names.includes(OPAQUE)) await empty(join(rootfs, path));
  for (const name of names) {
    // Whiteouts hide what lower layers have; what this layer has itself comes after.
    if (name.startsWith(WHITEOUT) && name !== OPAQUE) await remove(join(rootfs, path, name.slice(WHITEOUT.length)));
  }
  for (const entry of entries) {
    if (entry.name.startsWith(WHITEOUT)) continue;
    const below = join(path, entry.name);
    const target = join(rootfs, below);
    if (entry.isDirectory()) {
      if (!(await isDirectory(target))) await remove(target);
      await mkdir(target, { recursive: true });
      await chmod(target, (await stat(join(layerDir, below))).mode);
      await applyDirectory(layerDir, rootfs, below);
    } else if (entry.isSymbolicLink()) {
      await remove(target);
      await symlink(insideRoot(below, await readlink(join(layerDir, below))), target);
    } else {
      await share(join(layerDir, below), target);
    }
  }
};

/**
 * The same file under another name: an environment of Python has some ten thousand, and every model on it the same. In
 * a real container they belong to root, and the server does not; here nobody may write to them.
 */
const share = async (file: string, target: string): Promise<void> => {
  try {
    await link(file, target);
  } catch (error) {
    await remove(target);
    // Another file system, or as many names as a file can have.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return copyFile(file, target);
    await link(file, target).catch(() => copyFile(file, target));
  }
};

/** A link's target relative to the link; `..` stops at the root, as it does after a change of root. */
const insideRoot = (linkPath: string, target: string): string => {
  const from = `/${dirname(linkPath)}`;
  const absolute = normalize(target.startsWith('/') ? target : `${from}/${target}`);
  return relative(normalize(from), absolute) || '.';
};

const isDirectory = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;

const remove = (path: string): Promise<void> => rm(path, { recursive: true, force: true });

const empty = async (dir: string): Promise<void> => {
  for (const name of await readdir(dir).catch(() => [])) await remove(join(dir, name));
};
