import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storedGzip, storedGzipSize } from '../../../shared/packaging/image/stored-gzip.ts';

async function* chunked(content: Buffer, chunkBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += chunkBytes) yield content.subarray(at, at + chunkBytes);
}

const stored = (content: Buffer, chunkBytes: number): Promise<Buffer> =>
  buffer(Readable.from(storedGzip(chunked(content, chunkBytes), content.length)));

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

  it('has the length that the format implies', () => {
    expect(storedGzipSize(0)).toBe(23);
    expect(storedGzipSize(65_535)).toBe(65_563);
    expect(storedGzipSize(100_003_328)).toBe(100_010_981);
  });

  it.each([
    ['shorter', 4],
    ['longer', 2],
  ])('stops when the content is %s than said', async (_, size) => {
    const bytes = storedGzip(chunked(Buffer.from('abc'), 2), size);

    await expect(buffer(Readable.from(bytes))).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});
