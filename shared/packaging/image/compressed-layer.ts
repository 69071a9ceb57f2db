import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createDeflateRaw } from 'node:zlib';
import type { LayerPlan } from './layer.ts';
import { GZIP_MEDIA_TYPE, layerTar } from './layer-content.ts';
import type { Descriptor, LayerFact, OpenAt } from './ports.ts';
import { GZIP_HEADER, gzipTrailer } from './stored-gzip.ts';

export interface CompressedLayer {
  readonly descriptor: Descriptor;
  readonly open: OpenAt;
  readonly fact: LayerFact;
}

/**
 * A layer as gzip of level 1. How long it will be is only known when it has been made, so it is made twice: once to
 * learn size and digests, once to send it, and in both nothing is kept in memory.
 */
export const compressedLayer = async (plan: LayerPlan): Promise<CompressedLayer> => {
  const tar = layerTar(plan);
  const hash = createHash('sha256');
  let size = 0;
  const compressed = (): AsyncGenerator<Buffer> => compress(tar.from(0), plan.tar.size, tar.crc32);
  for await (const chunk of compressed()) {
    hash.update(chunk);
    size += chunk.length;
  }
  const descriptor = { mediaType: GZIP_MEDIA_TYPE, digest: `sha256:${hash.digest('hex')}`, size };
  const open: OpenAt = async (offset) => Readable.from(after(compressed(), offset), { objectMode: false });
  return { descriptor, open, fact: tar.fact(descriptor) };
};

/** Our own header and trailer, because a library writes its operating system or the time into them. */
async function* compress(
  content: AsyncIterable<Buffer>,
  size: number,
  crc32: () => Promise<number>,
): AsyncGenerator<Buffer> {
  yield GZIP_HEADER;
  const source = Readable.from(content, { objectMode: false });
  const deflate = createDeflateRaw({ level: 1 });
  source.once('error', (error) => deflate.destroy(error));
  try {
    for await (const chunk of source.pipe(deflate)) yield chunk as Buffer;
  } finally {
    source.destroy();
  }
  yield gzipTrailer(await crc32(), size);
}

async function* after(content: AsyncIterable<Buffer>, offset: number): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const chunk of content) {
    if (at + chunk.length > offset) yield chunk.subarray(Math.max(0, offset - at));
    at += chunk.length;
  }
}
