import type { Readable } from 'node:stream';
import { SlipwayError } from '../../platform/errors.ts';
import type { Egress } from '../../platform/http/egress.ts';
import { pathProblem } from './file-path.ts';
import type { ModelFile, ModelFiles } from './model-files.ts';
import { skipBytes } from './skip-bytes.ts';

/** What another server says is in a folder. Nothing of it is believed. */
export interface RemoteEntry {
  /** Below the folder that was listed. */
  readonly name: string;
  readonly isFolder: boolean;
  /** Bytes of a file, when it is told. */
  readonly size?: number | undefined;
}

/** A folder of files on another server. */
export interface RemoteFolder {
  /** The entries of a folder below it; `''` is itself. */
  list(path: string): Promise<readonly RemoteEntry[]>;
  /** The bytes of a file from an offset on; fails after `maxBytes`. */
  open(path: string, maxBytes: number, offset: number): Promise<Readable>;
}

const MAX_FOLDERS = 1_000;
const MAX_FILES = 100_000;
const FILE_TIMEOUT_MS = 60_000;

/**
 * The files of a remote folder, listed once.
 *
 * @throws SlipwayError INVALID_STATE for a folder without end or without sizes, and what listing throws
 */
export const remoteFiles = async (folder: RemoteFolder): Promise<ModelFiles> => {
  const listing = await walk(folder);
  const sizes = new Map(listing.map(({ path, size }) => [path, size]));
  return {
    async *list() {
      yield* listing;
    },
    open: async (path, offset = 0) => folder.open(path, sizes.get(path) ?? 0, offset),
  };
};

const walk = async (folder: RemoteFolder): Promise<readonly ModelFile[]> => {
  const files: ModelFile[] = [];
  const folders = [''];
  for (const path of folders) {
    for (const { name, isFolder, size } of await folder.list(path)) {
      const below = path === '' ? name : `${path}/${name}`;
      // A name that leads elsewhere is never asked for; as a file it is refused with all other bad paths.
      if (pathProblem(below) !== undefined) files.push({ path: below, size: 0 });
      else if (isFolder) folders.push(below);
      else if (size === undefined) throw new SlipwayError('INVALID_STATE', `it does not tell the size of '${below}'`);
      else files.push({ path: below, size });
    }
    if (folders.length > MAX_FOLDERS || files.length > MAX_FILES) {
      throw new SlipwayError('INVALID_STATE', `it lists more than ${MAX_FOLDERS} folders or ${MAX_FILES} files`);
    }
  }
  return files;
};

/**
 * The bytes behind a URL from an offset on, also when the server does not read in ranges.
 *
 * @param refused - what it means that the answer has another status than 200 or 206
 */
export const openUrl = async (
  egress: Egress,
  {
    url,
    headers,
    maxBytes,
    offset,
    refused,
  }: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly maxBytes: number;
    readonly offset: number;
    readonly refused: (status: number) => SlipwayError;
  },
): Promise<Readable> => {
  const range = offset > 0 ? { range: `bytes=${offset}-` } : {};
  const request = { headers: { ...headers, ...range }, maxBytes, timeoutMs: FILE_TIMEOUT_MS };
  const { status, body } = await egress.get(url, request);
  if (status === 200) return skipBytes(body, offset);
  if (status === 206 && offset > 0) return body;
  body.destroy();
  throw refused(status);
};
