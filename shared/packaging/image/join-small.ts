/** Pieces from this size on are passed on as they are: copying them would cost more than it saves. */
const SMALL_BYTES = 32 * 1024;

const JOINED_BYTES = 64 * 1024;

/** The same bytes in fewer pieces: each piece is hashed and written on its own, and a small file makes three of them. */
export async function* joinSmall(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    if (piece.length < SMALL_BYTES) {
      waiting.push(piece);
      bytes += piece.length;
      if (bytes < JOINED_BYTES) continue;
    }
    if (bytes > 0) yield Buffer.concat(waiting, bytes);
    waiting = [];
    bytes = 0;
    if (piece.length >= SMALL_BYTES) yield piece;
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}
