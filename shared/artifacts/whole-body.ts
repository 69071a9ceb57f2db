import { pipeline, type Readable, Transform } from 'node:stream';
import { isSlipwayError, SlipwayError } from '../platform/errors.ts';

/**
 * The same bytes, as a stream that fails when they are not as many as announced: a sender that dies in the middle must
 * not leave half a file that looks whole.
 *
 * @param sizeBytes undefined: nothing was announced, as of a chunked body
 */
export const wholeBody = (body: Readable, sizeBytes: number | undefined): Readable => {
  if (sizeBytes === undefined) return body;
  let received = 0;
  const counted = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      received += chunk.length;
      done(received > sizeBytes ? wrongSize(sizeBytes, received) : null, chunk);
    },
    flush: (done) => done(received < sizeBytes ? wrongSize(sizeBytes, received) : null),
  });
  // Who reads the counted stream gets the error of either.
  return pipeline(body, counted, () => undefined);
};

const wrongSize = (announced: number, received: number): SlipwayError =>
  new SlipwayError('BAD_REQUEST', `the body has ${received} bytes where Content-Length says ${announced}`);

/** The work on a body; that its sender went away is his failure, not ours. */
export const orBrokenOff = async <T>(body: Readable, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (cause) {
    const broken = body.errored;
    if (broken === null || isSlipwayError(broken)) throw cause;
    // A body that is given up because the store failed has an error as well, but not the one that began it.
    if (cause !== broken && (cause as Error).cause !== broken) throw cause;
    throw new SlipwayError('BAD_REQUEST', 'the body broke off before its end', { cause });
  }
};

/** The bytes of a stream in pieces of this size; the last may be smaller. */
export async function* piecesOf(body: Readable, pieceBytes: number): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let rest = chunk; rest.length > 0; ) {
      const taken = rest.subarray(0, pieceBytes - bytes);
      chunks.push(taken);
      bytes += taken.length;
      rest = rest.subarray(taken.length);
      if (bytes < pieceBytes) continue;
      yield Buffer.concat(chunks, bytes);
      chunks = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(chunks, bytes);
}
