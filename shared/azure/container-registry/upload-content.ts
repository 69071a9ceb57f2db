import { createHash, type Hash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import type { OpenAt } from '../../packaging/image/ports.ts';
import { isSlipwayError, SlipwayError } from '../../platform/errors.ts';
import { contentChanged } from './check-content.ts';

/** The bytes of one blob, sent in as many pieces as it takes, hashed once. */
export interface UploadContent {
  readonly size: number;
  /** How far any attempt has read. */
  readonly read: () => number;
  /** The digest of everything, once all has been read. */
  readonly digest: () => string;
  /** The bytes from here on. It fails at the end when there are fewer or more than `size`. */
  readonly from: (offset: number) => Promise<Readable>;
  /** Hashes from the beginning again, should the bytes have changed. */
  readonly restart: () => void;
}

export const uploadContent = (size: number, open: OpenAt): UploadContent => {
  let hash: Hash = createHash('sha256');
  let hashed = 0;
  return {
    size,
    read: () => hashed,
    digest: () => `sha256:${hash.copy().digest('hex')}`,
    restart: () => {
      hash = createHash('sha256');
      hashed = 0;
    },
    from: async (offset) => {
      let at = offset;
      const tap = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          // What is sent again was hashed the first time.
          if (at + chunk.length > hashed) hash.update(chunk.subarray(Math.max(0, hashed - at)));
          at += chunk.length;
          hashed = Math.max(hashed, at);
          done(at > size ? contentChanged({ size, actual: at }) : null, chunk);
        },
        flush(done) {
          done(at === size ? null : contentChanged({ size, actual: at }));
        },
      });
      const source = await open(offset).catch((cause) => {
        throw sourceFailed(cause);
      });
      source.once('error', (cause) => tap.destroy(sourceFailed(cause)));
      tap.once('close', () => source.destroy());
      // A request that was broken off breaks off its body too, which nobody may be listening to any more.
      tap.on('error', () => undefined);
      return source.pipe(tap);
    },
  };
};

const sourceFailed = (cause: unknown): SlipwayError =>
  isSlipwayError(cause)
    ? cause
    : new SlipwayError('INTERNAL_ERROR', 'the content of a blob could not be read to its end', { cause });
