import type { Readable } from 'node:stream';
import { artifactPath } from '../mlflow/artifact-path.ts';
import { invalid } from '../mlflow/invalid.ts';
import { mediaTypeOf } from '../mlflow/media-type.ts';
import type { Blobs } from '../platform/blobs.ts';
import { SlipwayError } from '../platform/errors.ts';
import type { ModelVersion } from './model.ts';
import { resolveArtifactRoot } from './source.ts';

const CONTAINER = 'artifacts';

export interface ArtifactFile {
  /** Last segment of the path. */
  readonly name: string;
  readonly stream: Readable;
  readonly sizeBytes: number;
  readonly contentType: string;
}

/** What is directly in a directory: a file has a size. */
export interface ArtifactEntry {
  readonly name: string;
  readonly sizeBytes?: number;
}

/** A version whose files are asked for. */
export interface VersionFiles {
  readonly version: ModelVersion;
  /** `host:port` under which clients know us. */
  readonly ownHosts: readonly string[];
}

/**
 * A file of the artifact store, or of a version when one is given.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for an unsafe path; RESOURCE_DOES_NOT_EXIST; INVALID_STATE when the
 * version's files are somewhere else
 */
export const readArtifact = async (blobs: Blobs, path: string, of?: VersionFiles): Promise<ArtifactFile> => {
  const below = filePath(path);
  const full = of === undefined ? below : `${ownPrefix(of)}/${below}`;
  const content = await blobs.read(CONTAINER, full);
  if (content === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${path}'`);
  const name = full.slice(full.lastIndexOf('/') + 1);
  return { name, stream: content.stream, sizeBytes: content.size, contentType: mediaTypeOf(name) };
};

/** Stores a file of the artifact store, in place of the one that may be there. */
export const writeArtifact = async (blobs: Blobs, path: string, body: Readable): Promise<void> => {
  const safe = filePath(path);
  await blobs.write(CONTAINER, safe, body, { contentType: mediaTypeOf(safe) });
};

/** What is directly in a directory, in order of name; nothing for a file and for what is not there. */
export const listArtifacts = async (blobs: Blobs, path: string): Promise<readonly ArtifactEntry[]> => {
  const directory = artifactPath(path);
  const prefix = directory === '' ? '' : `${directory}/`;
  const entries: ArtifactEntry[] = [];
  for await (const entry of blobs.list(CONTAINER, prefix, '/')) {
    const name = entry.path.slice(prefix.length).replace(/\/$/, '');
    entries.push(entry.isDirectory ? { name } : { name, sizeBytes: entry.size });
  }
  return entries.sort((left, right) => (left.name < right.name ? -1 : 1));
};

/** Removes a file, or a directory with all that is in it; what is not there is removed already. */
export const deleteArtifacts = async (blobs: Blobs, path: string): Promise<void> => {
  const safe = filePath(path);
  await blobs.delete(CONTAINER, safe);
  for await (const entry of blobs.list(CONTAINER, `${safe}/`)) await blobs.delete(CONTAINER, entry.path);
};

const filePath = (path: string): string => {
  const safe = artifactPath(path);
  if (safe === '') throw invalid('Invalid path');
  return safe;
};

const ownPrefix = ({ version, ownHosts }: VersionFiles): string => {
  const root = resolveArtifactRoot(version, ownHosts);
  if (root.kind === 'artifacts') return root.prefix;
  const reason = root.kind === 'unreachable' ? root.reason : `its files are at '${root.uri}'`;
  throw new SlipwayError(
    'INVALID_STATE',
    `version ${version.version} of '${version.name}' has no files here: ${reason}`,
  );
};
