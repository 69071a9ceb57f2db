import { SlipwayError } from '../../platform/errors.ts';

/** What one block of uncompressed deflate data can hold. */
const MAX_BLOCK_BYTES = 65_535;

const BLOCK_HEADER_BYTES = 5;

/** Method deflate, no flags, no time, no compression level, unknown system. */
export const GZIP_HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff]);

const TRAILER_BYTES = 8;

/** Bytes of the gzip form of `size` bytes. */
export const storedGzipSize = (size: number): number => endOfBlocks(size) + LAST_BLOCK.length + TRAILER_BYTES;

const endOfBlocks = (size: number): number =>
  GZIP_HEADER.length + size + BLOCK_HEADER_BYTES * Math.ceil(size / MAX_BLOCK_BYTES);

/** Where in the content a reader must begin so that the gzip form can go on at `offset`. */
const contentOffset = (offset: number, size: number): number => {
  const inBlocks = Math.max(0, offset - GZIP_HEADER.length);
  const block = Math.floor(inBlocks / (MAX_BLOCK_BYTES + BLOCK_HEADER_BYTES));
  const inBlock = inBlocks - block * (MAX_BLOCK_BYTES + BLOCK_HEADER_BYTES) - BLOCK_HEADER_BYTES;
  return Math.min(size, block * MAX_BLOCK_BYTES + Math.max(0, inBlock));
};

/** Content of a known size that can be read from any offset on. */
export interface SeekableContent {
  readonly size: number;
  readonly from: (offset: number) => AsyncIterable<Buffer>;
  /** Of all of it; asked for when the rest has been read. */
  readonly crc32: () => Promise<number>;
}

/**
 * The content as a gzip file that stores instead of compressing, from an offset of that file on: weights do not shrink,
 * every reader of `tar+gzip` takes it, no version of zlib can change a byte of it, and where each byte is follows from
 * the size alone.
 *
 * @throws SlipwayError INVALID_STATE when the content is not `size` bytes long
 * @see https://www.rfc-editor.org/rfc/rfc1951#page-11 for blocks without compression
 */
export async function* storedGzip({ size, from, crc32 }: SeekableContent, offset = 0): AsyncGenerator<Buffer> {
  if (offset < GZIP_HEADER.length) yield GZIP_HEADER.subarray(offset);
  let at = contentOffset(offset, size);
  if (at < size) {
    for await (const chunk of from(at)) {
      if (at + chunk.length > size) throw wrongSize(size);
      yield* inBlocks(chunk, { at, size, offset });
      at += chunk.length;
    }
  }
  if (at < size) throw wrongSize(size);
  const end = endOfBlocks(size);
  yield Buffer.concat([LAST_BLOCK, gzipTrailer(await crc32(), size)]).subarray(Math.max(0, offset - end));
}

/**
 * The chunk at `at` of the content, with the headers of the blocks that begin in it, less what is before `offset`. In
 * pieces, because joining them would cost a copy and a buffer for each.
 */
function* inBlocks(chunk: Buffer, { at, size, offset }: { at: number; size: number; offset: number }) {
  for (let used = 0; used < chunk.length; ) {
    const start = at + used;
    const block = Math.floor(start / MAX_BLOCK_BYTES);
    const blockEnd = Math.min(size, (block + 1) * MAX_BLOCK_BYTES);
    const headerAt = GZIP_HEADER.length + block * (MAX_BLOCK_BYTES + BLOCK_HEADER_BYTES);
    if (start === block * MAX_BLOCK_BYTES && offset < headerAt + BLOCK_HEADER_BYTES) {
      yield blockHeader(blockEnd - start).subarray(Math.max(0, offset - headerAt));
    }
    const piece = chunk.subarray(used, used + blockEnd - start);
    yield piece;
    used += piece.length;
  }
}

const blockHeader = (length: number): Buffer => {
  const header = Buffer.alloc(BLOCK_HEADER_BYTES);
  header.writeUInt16LE(length, 1);
  header.writeUInt16LE(length ^ 0xffff, 3);
  return header;
};

/** How every gzip file ends: its content's checksum and size. */
export const gzipTrailer = (crc: number, size: number): Buffer => {
  const bytes = Buffer.alloc(TRAILER_BYTES);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(size % 2 ** 32, 4);
  return bytes;
};

const wrongSize = (size: number): SlipwayError =>
  new SlipwayError('INVALID_STATE', 'the layer is not as long as planned', { details: { size } });
