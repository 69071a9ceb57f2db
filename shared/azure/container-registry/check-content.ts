import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import type { Descriptor } from '../../packaging/image/ports.ts';
import { SlipwayError } from '../../platform/errors.ts';

/** Passes the bytes on and fails before the end unless they are the blob's; an upload that fails stores nothing. */
export const checkContent = (content: Readable, { digest, size }: Pick<Descriptor, 'digest' | 'size'>): Readable => {
  const hash = createHash('sha256');
  let seen = 0;
  const check = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      seen += chunk.length;
      done(null, chunk);
    },
    flush(done) {
      const actual = `sha256:${hash.digest('hex')}`;
      if (actual === digest && seen === size) return done();
      done(contentChanged({ digest, actual }));
    },
  });
  content.once('error', (error) => check.destroy(error));
  check.once('close', () => content.destroy());
  return content.pipe(check);
};

export const contentChanged = (details: Readonly<Record<string, string | number>>): SlipwayError =>
  new SlipwayError('INVALID_STATE', 'the content of a blob changed while it was stored', { details });

/**
 * The descriptor of content that is read to its end.
 *
 * @throws SlipwayError INVALID_STATE when it has another size
 */
export const measureContent = async (
  content: Readable,
  { mediaType, size }: Pick<Descriptor, 'mediaType' | 'size'>,
): Promise<Descriptor> => {
  const hash = createHash('sha256');
  let seen = 0;
  for await (const chunk of content) {
    hash.update(chunk as Buffer);
    seen += (chunk as Buffer).length;
  }
  if (seen !== size) throw contentChanged({ size, actual: seen });
  return { mediaType, digest: `sha256:${hash.digest('hex')}`, size };
};
