import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { crc32, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SeekableContent, storedGzip, storedGzipSize } from '../../../shared/packaging/image/stored-gzip.ts';

const seekable = (content: Buffer, chunkBytes: number, size = content.length): SeekableContent => ({
  size,
  async *from(offset) {
    for (let at = offset; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
  },
  crc32: async () => crc32(content),
});

const piecesOf = async (content: SeekableContent, from = 0): Promise<readonly Buffer[]> => {
  const pieces: Buffer[] = [];
  for await (const piece of storedGzip(content, from)) pieces.push(piece);
  return pieces;
};

const stored = (content: Buffer, chunkBytes: number, from = 0): Promise<Buffer> =>
  piecesOf(seekable(content, chunkBytes), from).then((pieces) => Buffer.concat(pieces));

describe('stored gzip', () => {
  it('gives back the content when unzipped, in the size it promised, however the content arrives', async () => {
    const sizes = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(65_534, 65_535, 65_536, 131_070, 200_001));
    await fc.assert(
      fc.asyncProperty(sizes, fc.integer({ min: 1, max: 70_000 }), async (size, chunkBytes) => {
        const content = Buffer.alloc(size, 'slipway');
        const bytes = await stored(content, size > 1000 ? Math.max(chunkBytes, 500) : chunkBytes);

        expect(bytes.length).toBe(storedGzipSize(size));
        expect(gunzipSync(bytes).equals(content)).toBe(true);
        expect(bytes.equals(await stored(content, Math.max(size, 1)))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('goes on from any offset with the bytes that follow there', async () => {
    const content = Buffer.alloc(140_000, 'slipway');
    const whole = await stored(content, 1000);
    const edges = [0, 9, 10, 12, 15, 65_549, 65_550, 65_555, whole.length - 13, whole.length - 8, whole.length];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length }),
        fc.integer({ min: 700, max: 90_000 }),
        async (from, chunkBytes) => {
          expect((await stored(content, chunkBytes, from)).equals(whole.subarray(from))).toBe(true);
        },
      ),
      { numRuns: 100, examples: edges.map((at): [number, number] => [at, 1000]) },
    );
  });

  it.each([0, 9, 10, 11, 14, 15, 16, 65_549, 65_550, 65_551, 65_554, 65_555, 65_556, 70_028, 70_040])(
    'gives no empty piece from %i on',
    async (from) => {
      const pieces = await piecesOf(seekable(Buffer.alloc(70_008, 'slipway'), 1000), from);

      expect(pieces.filter(({ length }) => length === 0)).toEqual([]);
      expect(pieces.length).toBeGreaterThan(0);
    },
  );

  it.each([
    ['what is empty', 0, 0, []],
    ['all of it', 3, 0, [0]],
    ['what is left of it', 3, 17, [2]],
    ['none of it for the trailer', 3, 18, []],
  ])('reads of the content %s', async (_, size, offset, expected) => {
    const opened: number[] = [];
    const content = seekable(Buffer.alloc(size, 'a'), 10);
    const from = (at: number) => {
      opened.push(at);
      return content.from(at);
    };
    await piecesOf({ ...content, from }, offset);

    expect(opened).toEqual(expected);
  });

  it('has the length that the format implies', () => {
    expect(storedGzipSize(0)).toBe(23);
    expect(storedGzipSize(65_535)).toBe(65_563);
    expect(storedGzipSize(100_003_328)).toBe(100_010_981);
  });

  it.each([
    ['shorter', 4],
    ['longer', 2],
  ])('stops when the content is %s than said', async (_, size) => {
    const bytes = storedGzip(seekable(Buffer.from('abc'), 2, size));

    await expect(buffer(Readable.from(bytes))).rejects.toMatchObject({ code: 'INVALID_STATE', details: { size } });
  });
});
