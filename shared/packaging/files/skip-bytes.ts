import { Readable } from 'node:stream';

/** The stream without its first bytes, for sources that can only be read from the beginning. */
export const skipBytes = (stream: Readable, count: number): Readable =>
  count === 0 ? stream : Readable.from(rest(stream, count), { objectMode: false });

async function* rest(stream: Readable, count: number): AsyncGenerator<Buffer> {
  let toSkip = count;
  for await (const chunk of stream) {
    const bytes = chunk as Buffer;
    if (bytes.length > toSkip) yield bytes.subarray(toSkip);
    toSkip = Math.max(0, toSkip - bytes.length);
  }
}
