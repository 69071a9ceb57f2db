import type { Readable } from 'node:stream';

/**
 * The text of a stream, or undefined when it has more than `maxBytes`. UTF-8, or UTF-16 with its byte order mark, as
 * `pip freeze > requirements.txt` in PowerShell writes it; the mark is not part of the text.
 */
export const readText = async (stream: Readable, maxBytes: number): Promise<string | undefined> => {
  const bytes = await readHead(stream, maxBytes + 1);
  if (bytes.length > maxBytes) return undefined;
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  return new TextDecoder(encoding).decode(bytes);
};

/** The first bytes of a stream, at most `maxBytes`; the rest is not read. */
export const readHead = async (stream: Readable, maxBytes: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop destroys the stream.
  for await (const chunk of stream) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
};
