import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { SlipwayError } from '../../platform/errors.ts';
import { GZIP_MEDIA_TYPE } from './layer-content.ts';
import type { FileDigest } from './tar-digests.ts';

const BLOCK_BYTES = 512;

/** Longer extended headers are nothing we wrote. */
const MAX_EXTENDED_BYTES = 64 * 1024;

/**
 * The files of a stored layer of ours and their digests; nothing is kept of their content.
 *
 * @throws SlipwayError INVALID_STATE when it is no archive as we write them
 */
export const readLayerFiles = async (mediaType: string, stored: Readable): Promise<readonly FileDigest[]> => {
  const isGzip = mediaType === GZIP_MEDIA_TYPE;
  const gunzip = createGunzip();
  if (isGzip) stored.once('error', (error) => gunzip.destroy(error));
  try {
    return await readFiles(blocksOf(isGzip ? stored.pipe(gunzip) : stored));
  } catch (error) {
    throw error instanceof Error && 'code' in error && String(error.code).startsWith('Z_') ? notOurs() : error;
  } finally {
    stored.destroy();
  }
};

/** Takes so many of the next bytes, in pieces. */
type Take = (count: number) => AsyncIterable<Buffer>;

const blocksOf = (content: AsyncIterable<unknown>): Take => {
  const source = content[Symbol.asyncIterator]();
  let rest = Buffer.alloc(0);
  return async function* take(count) {
    for (let wanted = count; wanted > 0; ) {
      if (rest.length === 0) {
        const next = await source.next();
        if (next.done === true) throw notOurs();
        rest = next.value as Buffer<ArrayBuffer>;
      }
      const piece = rest.subarray(0, wanted);
      rest = rest.subarray(piece.length);
      wanted -= piece.length;
      yield piece;
    }
  };
};

const readFiles = async (take: Take): Promise<readonly FileDigest[]> => {
  const files: FileDigest[] = [];
  let extended: Readonly<Record<string, string>> = {};
  for (;;) {
    const header = await whole(take(BLOCK_BYTES));
    if (header.every((byte) => byte === 0)) return files;
    const type = header.toString('latin1', 156, 157);
    const size = extended.size === undefined ? octal(header, 124, 12) : Number(extended.size);
    const padding = (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
    if (type === 'x') {
      if (size > MAX_EXTENDED_BYTES) throw notOurs();
      extended = records((await whole(take(size))).toString('utf8'));
    } else if (type === '0') {
      const hash = createHash('sha256');
      for await (const piece of take(size)) hash.update(piece);
      files.push({ path: extended.path ?? text(header, 0, 100), sha256: hash.digest('hex') });
    } else if (type !== '5') throw notOurs();
    if (type !== 'x') extended = {};
    await whole(take(padding));
  }
};

const whole = async (pieces: AsyncIterable<Buffer>): Promise<Buffer> => {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
};

const text = (header: Buffer, start: number, length: number): string =>
  header.toString('utf8', start, start + length).replace(/\0.*$/s, '');

const octal = (header: Buffer, start: number, length: number): number => {
  const value = Number.parseInt(text(header, start, length), 8);
  if (Number.isNaN(value)) throw notOurs();
  return value;
};

/** Lines of `<length> <key>=<value>`; a value that has a line break in it is none of ours. */
const records = (lines: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    lines
      .trimEnd()
      .split('\n')
      .map((line) => /^\d+ ([^=]+)=(.*)$/.exec(line))
      .map((match) => [match?.[1] ?? '', match?.[2] ?? '']),
  );

const notOurs = (): SlipwayError =>
  new SlipwayError('INVALID_STATE', 'a stored layer is no archive as Slipway writes them');
