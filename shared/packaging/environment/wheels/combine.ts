import { SlipwayError } from '../../../platform/errors.ts';
import type { InstalledFile } from './plan-install.ts';

/** What one wheel installs. */
export interface Installation {
  /** `numpy 2.4.6`, for messages. */
  readonly title: string;
  readonly files: readonly InstalledFile[];
}

/** Two packages of an environment that cannot be installed together. */
export interface Clash {
  readonly path: string;
  readonly packages: readonly [string, string];
}

/**
 * What of each wheel is left when they share one folder. Where two have the same file with the same content one of them
 * keeps it, and of `__init__.py` files that differ the last wins, as with pip: namespaces of old are made that way.
 *
 * @returns a clash when two wheels have different content for one path, or one has a folder where the other has a file
 */
export const combine = (
  installations: readonly Installation[],
): { readonly installations: readonly Installation[] } | { readonly clash: Clash } => {
  const owners = new Map<string, { readonly title: string; readonly file: InstalledFile }>();
  const folders = new Map<string, string>();
  for (const { title, files } of installations) {
    for (const file of files) {
      const other = owners.get(file.path);
      if (other !== undefined && !isSame(other.file, file) && !isNamespace(file.path)) {
        return { clash: { path: file.path, packages: [other.title, title] } };
      }
      owners.set(file.path, { title, file });
      for (let at = file.path.lastIndexOf('/'); at > 0; at = file.path.lastIndexOf('/', at - 1)) {
        const folder = file.path.slice(0, at);
        if (folders.has(folder)) break;
        folders.set(folder, title);
      }
    }
  }
  for (const [path, { title }] of owners) {
    const other = folders.get(path);
    if (other !== undefined) return { clash: { path, packages: [other, title] } };
  }
  return {
    installations: installations.map(({ title, files }) => ({
      title,
      files: files.filter((file) => owners.get(file.path)?.file === file),
    })),
  };
};

/** The sentence about a clash. */
export const clashMessage = ({ path, packages: [first, second] }: Clash): string =>
  `${first} and ${second} both install '/${path}', with different content: an environment can hold only one of them`;

const isNamespace = (path: string): boolean => path.endsWith('/__init__.py');

const isSame = (a: InstalledFile, b: InstalledFile): boolean => {
  if (a.size !== b.size) return false;
  if (a.sha256 !== undefined && b.sha256 !== undefined) return a.sha256 === b.sha256;
  if (a.content.kind === 'text' || b.content.kind === 'text') return false;
  return a.content.member.crc32 === b.content.member.crc32;
};

/** The installation that has this file, by path. */
export const filesByPath = (files: readonly InstalledFile[]): ((path: string) => InstalledFile) => {
  const byPath = new Map(files.map((file) => [file.path, file] as const));
  return (path) => {
    const file = byPath.get(path);
    if (file === undefined) throw new SlipwayError('INTERNAL_ERROR', `the layer has no file '${path}'`);
    return file;
  };
};
