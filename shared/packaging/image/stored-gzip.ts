import { crc32 } from 'node:zlib';
import { SlipwayError } from '../../platform/errors.ts';

/** What one block of uncompressed deflate data can hold. */
const MAX_BLOCK_BYTES = 65_535;

/** Method deflate, no flags, no time, no compression level, unknown system. */
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

const LAST_BLOCK = Buffer.from([1, 0, 0, 0xff, 0xff]);

/** Bytes of the gzip form of `size` bytes. */
export const storedGzipSize = (size: number): number =>
  HEADER.length + size + 5 * Math.ceil(size / MAX_BLOCK_BYTES) + LAST_BLOCK.length + 8;

/**
 * The content as a gzip file that stores instead of compressing: weights do not shrink, every reader of `tar+gzip`
 * takes it, and no version of zlib can change a byte of it.
 *
 * @throws SlipwayError INVALID_STATE when the content is not `size` bytes long
 * @see https://www.rfc-editor.org/rfc/rfc1951#page-11 for blocks without compression
 */
export async function* storedGzip(content: AsyncIterable<Buffer>, size: number): AsyncGenerator<Buffer> {
  yield HEADER;
  let crc = 0;
  let rest = size;
  let restOfBlock = 0;
  for await (const chunk of content) {
    crc = crc32(chunk, crc);
    for (let at = 0; at < chunk.length; ) {
      if (rest === 0) throw wrongSize(size);
      if (restOfBlock === 0) {
        restOfBlock = Math.min(MAX_BLOCK_BYTES, rest);
        yield blockHeader(restOfBlock);
      }
      const piece = chunk.subarray(at, at + restOfBlock);
      yield piece;
      at += piece.length;
      restOfBlock -= piece.length;
      rest -= piece.length;
    }
  }
  if (rest > 0) throw wrongSize(size);
  yield LAST_BLOCK;
  yield trailer(crc, size);
}

const blockHeader = (length: number): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt16LE(length, 1);
  header.writeUInt16LE(length ^ 0xffff, 3);
  return header;
};

const trailer = (crc: number, size: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(size % 2 ** 32, 4);
  return bytes;
};

const wrongSize = (size: number): SlipwayError =>
  new SlipwayError('INVALID_STATE', 'the layer is not as long as planned', { details: { size } });
