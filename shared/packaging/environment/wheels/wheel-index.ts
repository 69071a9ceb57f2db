import type { Readable } from 'node:stream';
import type { IndexFile, PackageIndex } from '../package-index.ts';

/** One file of an index, and whether its METADATA can be asked for beside it. */
export interface ListedFile extends IndexFile {
  /** @see https://peps.python.org/pep-0658/ */
  readonly hasMetadata?: boolean;
}

/** Where wheels come from: an index on the network, or a wheelhouse. */
export interface WheelIndex extends PackageIndex {
  /** Host or folder, for messages; holds no credential. */
  readonly name: string;
  filesOf(project: string): Promise<readonly ListedFile[] | undefined>;
  /**
   * The file's content. What it is, the reader finds out by its hash.
   *
   * @throws SlipwayError TEMPORARILY_UNAVAILABLE or RESOURCE_DOES_NOT_EXIST
   */
  download(file: ListedFile): Promise<Readable>;
  /** The METADATA of a wheel without the wheel, where that is to be had. */
  metadataOf(file: ListedFile): Promise<string | undefined>;
}
