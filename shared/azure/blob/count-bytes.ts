import { Transform } from 'node:stream';

export interface ByteCounter {
  readonly stream: Transform;
  /** Passed through so far. */
  bytes(): number;
}

/** A stream that passes everything on and counts it. */
export const countBytes = (): ByteCounter => {
  let bytes = 0;
  const stream = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes };
};
