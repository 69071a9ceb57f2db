import { LRUCache } from 'lru-cache';

/** A file of which any part can be read. */
export interface RandomAccess {
  /** Bytes. */
  readonly size: number;
  /** Exactly these bytes. */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

const BLOCK_BYTES = 1024 * 1024;

/** Memory for blocks of all files that are open at a time. */
const MAX_BLOCKS = 12;

/**
 * Reads files in blocks and keeps the latest: a wheel's members are small and lie nearly in the order in which they are
 * wanted, so that most reads ask neither disk nor network.
 */
export const createBlockCache = (): ((file: RandomAccess) => RandomAccess) => {
  const blocks = new LRUCache<string, Promise<Buffer>>({ max: MAX_BLOCKS });
  let opened = 0;

  return (file) => {
    const id = opened++;
    const block = (index: number): Promise<Buffer> => {
      const key = `${id}:${index}`;
      const known = blocks.get(key);
      if (known !== undefined) return known;
      const start = index * BLOCK_BYTES;
      const reading = file.read(start, Math.min(BLOCK_BYTES, file.size - start));
      blocks.set(key, reading);
      reading.catch(() => blocks.delete(key));
      return reading;
    };
    return {
      size: file.size,
      close: () => file.close(),
      async read(position, length) {
        const first = Math.floor(position / BLOCK_BYTES);
        const last = Math.floor(Math.max(position, position + length - 1) / BLOCK_BYTES);
        if (last - first > 1) return file.read(position, length);
        const parts: Buffer[] = [];
        for (let index = first; index <= last; index += 1) parts.push(await block(index));
        const bytes = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
        const start = position - first * BLOCK_BYTES;
        return bytes.subarray(start, start + length);
      },
    };
  };
};
