import type { Readable } from 'node:stream';

export interface ModelFile {
  /** Relative to the folder, components separated by `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Changes when the content does, such as an MD5 or an ETag with its URL. Without it a layer is hashed each time. */
  readonly contentId?: string;
  readonly executable?: boolean;
}

/** A folder of files: a model in the artifact store, or the scoring server on disk. */
export interface ModelFiles {
  list(): AsyncIterable<ModelFile>;
  /** The bytes of one listed file, from its beginning or from an offset below its size. */
  open(path: string, offset?: number): Promise<Readable>;
}
