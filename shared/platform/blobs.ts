import type { Readable } from 'node:stream';
import type { BlobContainerName } from './resources.ts';

export interface BlobWriteOptions {
  readonly contentType?: string;
  /** Only when there is no such blob yet. */
  readonly ifNoneMatch?: '*';
  /** Only when the blob still has this ETag. */
  readonly ifMatch?: string;
}

export interface BlobWritten {
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

export interface BlobContent {
  readonly stream: Readable;
  /** Bytes of the whole blob, also when a range was asked for. */
  readonly size: number;
  readonly contentType?: string;
  readonly etag: string;
}

export interface BlobStat {
  readonly size: number;
  readonly etag: string;
  /** Base64, when the service knows it: not for blobs written from a stream. */
  readonly md5?: string;
  readonly contentType?: string;
}

export interface BlobEntry {
  /** Full path; a directory's ends in `/`. */
  readonly path: string;
  /** Bytes; 0 for a directory. */
  readonly size: number;
  readonly isDirectory: boolean;
  readonly md5?: string;
}

/** Bytes from `start` to `end`, both counted from 0 and included. Without `end`: to the last. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/**
 * Files in containers.
 *
 * Every method throws SlipwayError TEMPORARILY_UNAVAILABLE, REQUEST_LIMIT_EXCEEDED or PERMISSION_DENIED as the service
 * says, and RESOURCE_DOES_NOT_EXIST when the container is missing.
 */
export interface Blobs {
  /**
   * Stores the whole body or nothing. A stream is sent block by block in bounded memory.
   *
   * @throws SlipwayError PRECONDITION_FAILED when `ifNoneMatch` or `ifMatch` does not hold
   */
  write(
    container: BlobContainerName,
    path: string,
    body: Readable | Uint8Array | string,
    options?: BlobWriteOptions,
  ): Promise<BlobWritten>;
  /**
   * The content, or undefined when there is no such blob. The caller reads the stream to its end or destroys it.
   *
   * @throws SlipwayError INVALID_PARAMETER_VALUE for a range that begins behind the end
   */
  read(container: BlobContainerName, path: string, range?: ByteRange): Promise<BlobContent | undefined>;
  stat(container: BlobContainerName, path: string): Promise<BlobStat | undefined>;
  /** What begins with `prefix`, in order of name; with a delimiter what lies deeper is one directory entry. */
  list(container: BlobContainerName, prefix: string, delimiter?: '/'): AsyncIterable<BlobEntry>;
  /**
   * Keeps a block of a blob, unseen until it is committed; what nobody commits vanishes after a week.
   *
   * @param blockId base64 of at most 64 bytes, all of one blob of one length; the same id again replaces the block
   */
  stageBlock(container: BlobContainerName, path: string, blockId: string, bytes: Uint8Array): Promise<void>;
  /**
   * Makes the blob of these blocks, in place of what was there, and drops all other blocks that were kept for it.
   *
   * @throws SlipwayError RESOURCE_CONFLICT when a block is not there, or no more
   */
  commitBlocks(
    container: BlobContainerName,
    path: string,
    blockIds: readonly string[],
    options?: Pick<BlobWriteOptions, 'contentType'>,
  ): Promise<void>;
  /** @returns false when there was no such blob */
  delete(container: BlobContainerName, path: string): Promise<boolean>;
}
