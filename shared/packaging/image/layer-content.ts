import { Readable } from 'node:stream';
import { SlipwayError } from '../../platform/errors.ts';
import { joinSmall } from './join-small.ts';
import type { LayerPlan } from './layer.ts';
import type { Descriptor, LayerFact, OpenAt } from './ports.ts';
import { storedGzip, storedGzipSize } from './stored-gzip.ts';
import { tarBytes } from './tar.ts';
import { createTarDigests } from './tar-digests.ts';

export const TAR_MEDIA_TYPE = 'application/vnd.oci.image.layer.v1.tar';
export const GZIP_MEDIA_TYPE = 'application/vnd.oci.image.layer.v1.tar+gzip';

/** The bytes of a layer, which learns its digests while it is read. */
export interface LayerContent {
  readonly mediaType: string;
  /** Bytes as they are stored. */
  readonly size: number;
  /**
   * The stored bytes from an offset on. What was read before is not needed again; what was not is read first, because
   * the digests need it.
   */
  readonly open: OpenAt;
  /**
   * What is known about the layer once it has been read to its end.
   *
   * @throws SlipwayError INTERNAL_ERROR when it has not
   */
  readonly fact: (stored: Descriptor) => LayerFact;
}

export interface LayerTar {
  /** The archive from an offset on; it is learned on the way. */
  readonly from: (offset: number) => AsyncGenerator<Buffer>;
  /** CRC-32 of the whole archive. */
  readonly crc32: () => Promise<number>;
  readonly fact: LayerContent['fact'];
}

/** A layer as plain tar, or as gzip that stores: where each byte is follows from the sizes of the files. */
export const seekableLayer = (plan: LayerPlan, mode: 'stored' | 'none'): LayerContent => {
  const { from, crc32, fact } = layerTar(plan);
  const { size } = plan.tar;
  if (mode === 'none') {
    return { mediaType: TAR_MEDIA_TYPE, size, open: async (offset) => readable(from(offset)), fact };
  }
  const open: OpenAt = async (offset) => readable(storedGzip({ size, from, crc32 }, offset));
  return { mediaType: GZIP_MEDIA_TYPE, size: storedGzipSize(size), open, fact };
};

/** The archive of a layer, with what is learned about it however often it is read. */
export const layerTar = ({ tar, open, title }: LayerPlan): LayerTar => {
  const digests = createTarDigests(tar);

  async function* from(offset: number): AsyncGenerator<Buffer> {
    let at = Math.min(offset, digests.learned());
    for await (const chunk of joinSmall(tarBytes(tar, open, at))) {
      digests.learn(at, chunk);
      if (at + chunk.length > offset) yield chunk.subarray(Math.max(0, offset - at));
      at += chunk.length;
    }
  }

  return {
    from,
    crc32: async () => {
      for await (const _ of from(tar.size)); // learns what is left
      return digests.crc32();
    },
    fact: ({ mediaType, digest, size }) => {
      if (digests.learned() !== tar.size) {
        throw new SlipwayError('INTERNAL_ERROR', `the layer '${title}' was stored without being read`);
      }
      const diffId = `sha256:${digests.sha256()}`;
      return { mediaType, digest, size, diffId, files: digests.files(), repositories: [] };
    },
  };
};

const readable = (content: AsyncIterable<Buffer>): Readable => Readable.from(content, { objectMode: false });
