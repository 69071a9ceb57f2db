import type { Readable } from 'node:stream';
import { artifactPath } from '../mlflow/artifact-path.ts';
import { invalid } from '../mlflow/invalid.ts';
import { mediaTypeOf } from '../mlflow/media-type.ts';
import type { BlobStat, Blobs, ByteRange } from '../platform/blobs.ts';
import { SlipwayError } from '../platform/errors.ts';
import { orBrokenOff, wholeBody } from './whole-body.ts';

/** The blob container of all artifacts: of runs, of logged models, and of what clients put there themselves. */
export const CONTAINER = 'artifacts';

export interface ArtifactFile {
  /** Last segment of the path. */
  readonly name: string;
  readonly stream: Readable;
  /** Bytes of the whole file, also when a range was asked for. */
  readonly sizeBytes: number;
  readonly contentType: string;
  /** In quotes. */
  readonly etag: string;
}

/** What is directly in a directory: a file has a size. */
export interface ArtifactEntry {
  readonly name: string;
  readonly sizeBytes?: number;
}

/**
 * A file, or some of its bytes. The caller reads the stream to its end or destroys it.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for an unsafe path; RESOURCE_DOES_NOT_EXIST
 */
export const readArtifact = async (blobs: Blobs, path: string, range?: ByteRange): Promise<ArtifactFile> => {
  const safe = filePath(path);
  const content = await blobs.read(CONTAINER, safe, range);
  if (content === undefined) throw missing(path);
  const name = safe.slice(safe.lastIndexOf('/') + 1);
  const { stream, size: sizeBytes, etag } = content;
  return { name, stream, sizeBytes, etag, contentType: mediaTypeOf(name) };
};

/** @throws SlipwayError INVALID_PARAMETER_VALUE for an unsafe path; RESOURCE_DOES_NOT_EXIST */
export const statArtifact = async (blobs: Blobs, path: string): Promise<Pick<BlobStat, 'size' | 'etag'>> => {
  const stat = await blobs.stat(CONTAINER, filePath(path));
  if (stat === undefined) throw missing(path);
  return stat;
};

/**
 * Stores a file, in place of the one that may be there. It is there once all of it is; before, nothing is seen of it.
 *
 * @param sizeBytes what the sender announced
 * @throws SlipwayError BAD_REQUEST when the body ends before or after that, or breaks off
 */
export const writeArtifact = async (blobs: Blobs, path: string, body: Readable, sizeBytes?: number): Promise<void> => {
  const safe = filePath(path);
  const options = { contentType: mediaTypeOf(safe) };
  await orBrokenOff(body, () => blobs.write(CONTAINER, safe, wholeBody(body, sizeBytes), options));
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

/**
 * The path of a file, in the one form that is stored.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for an unsafe path and for the root
 */
export const filePath = (path: string): string => {
  const safe = artifactPath(path);
  if (safe === '') throw invalid('Invalid path');
  return safe;
};

const missing = (path: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `No such artifact: '${path}'`);
