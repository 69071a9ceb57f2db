import { pathProblem } from '../files/file-path.ts';
import type { ModelFile } from '../files/model-files.ts';
import { type Refusal, refusal } from './refusal.ts';

export interface ModelLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

/** Packaging streams, so these only keep accidents out: a folder of training data, a cache of checkpoints. */
export const DEFAULT_LIMITS: ModelLimits = { maxFiles: 10_000, maxBytes: 64 * 1024 ** 3 };

/** Why the files of a folder cannot go into an image, whatever they hold. */
export const checkListing = (
  listing: readonly ModelFile[],
  { maxFiles, maxBytes }: ModelLimits,
): Refusal | undefined => {
  if (listing.length > maxFiles) {
    const what = `has more than ${maxFiles} files`;
    return refusal('too-many-files', 'The model folder', what, 'Log only what serving needs.');
  }
  const bytes = totalBytes(listing);
  return bytes > maxBytes ? tooLarge('has', bytes, maxBytes) : checkPaths(listing);
};

export const totalBytes = (listing: readonly ModelFile[]): number => listing.reduce((sum, { size }) => sum + size, 0);

export const tooLarge = (verb: string, bytes: number, maxBytes: number): Refusal =>
  refusal(
    'model-too-large',
    'The model folder',
    `${verb} ${bytes} bytes, more than the ${maxBytes} that are allowed`,
    'Log a smaller model, or raise the limit.',
  );

const checkPaths = (listing: readonly ModelFile[]): Refusal | undefined => {
  const paths = new Set<string>();
  for (const { path } of listing) {
    const problem = pathProblem(path) ?? (paths.has(path) ? 'is listed twice' : undefined);
    if (problem) return badPath(path, problem);
    paths.add(path);
  }
  const folders = foldersOf(listing);
  const both = listing.find(({ path }) => folders.has(path));
  return both && badPath(both.path, 'is both a file and a folder');
};

/** Every folder that holds a listed file, however deep. */
const foldersOf = (listing: readonly ModelFile[]): ReadonlySet<string> => {
  const folders = new Set<string>();
  for (const { path } of listing) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return folders;
};

const badPath = (path: string, problem: string): Refusal =>
  refusal('path-not-allowed', `The path ${JSON.stringify(path)}`, problem, 'Rename the file and log the model again.');

/** The names in a listing, for many questions about it. */
export interface Names {
  readonly files: ReadonlySet<string>;
  readonly folders: ReadonlySet<string>;
}

export const namesOf = (listing: readonly ModelFile[]): Names => ({
  files: new Set(listing.map(({ path }) => path)),
  folders: foldersOf(listing),
});

/**
 * Why a path that MLmodel names is not one of the model's files, or folders when those will do.
 *
 * @param key - where MLmodel names it, such as `flavors.onnx.data`
 */
export const checkNamed = (
  { key, path }: { readonly key: string; readonly path: string },
  { files, folders }: Names,
  { orFolder }: { readonly orFolder: boolean },
): Refusal | undefined => {
  const problem = pathProblem(path);
  if (problem) return badPath(path, `that ${key} names in MLmodel ${problem}`);
  if (files.has(path) || (orFolder && folders.has(path))) return undefined;
  const what = `is named by ${key} in MLmodel, but it is not there`;
  return refusal('file-missing', path, what, 'Log the model again, and let the upload finish.');
};
