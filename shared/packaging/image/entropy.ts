import type { LayerPlan } from './layer.ts';
import type { OpenFile, TarMember } from './tar.ts';

/** Below this, gzip of level 1 makes up for the time it takes; fp32 weights are above, tables of trees below. */
const COMPRESSIBLE_MILLIBITS = 6400;

/** Smaller layers are not worth a second look. */
const MIN_LAYER_BYTES = 1024 * 1024;

const WINDOWS = 4;
const WINDOW_BYTES = 64 * 1024;

/** Of a layer with many files its largest tell enough. */
const MAX_FILES = 16;

/** Whether compressing pays, judged by samples: the same files always get the same answer, on every machine. */
export const isCompressible = async ({ tar, open }: Pick<LayerPlan, 'tar' | 'open'>): Promise<boolean> => {
  if (tar.size < MIN_LAYER_BYTES) return false;
  // Of files with one size the first in the archive; directories have none.
  const largest = tar.members.toSorted((a, b) => b.size - a.size).slice(0, MAX_FILES);
  let [millibits, weight] = [0, 0];
  for (const file of largest) {
    // Kibibytes, so that the product stays exact for any size of file.
    const kibibytes = Math.ceil(file.size / 1024);
    millibits += kibibytes * entropyMillibits(await countBytes(file, open));
    weight += kibibytes;
  }
  return millibits < COMPRESSIBLE_MILLIBITS * weight;
};

/** Order-0 entropy of a histogram of bytes, in thousandths of a bit per byte. Integers only, so no rounding differs. */
export const entropyMillibits = (counts: readonly number[]): number => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  const bits = counts.reduce((sum, count) => sum + count * log2(count), 0);
  return Math.floor((1000 * (total * log2(total) - bits)) / (total * LOG_ONE));
};

const countBytes = async ({ path, size }: TarMember, open: OpenFile): Promise<readonly number[]> => {
  const counts = new Array<number>(256).fill(0);
  let end = 0;
  for (let window = 0; window < WINDOWS; window += 1) {
    const start = Math.max(end, Math.floor((size * window) / WINDOWS));
    end = Math.min(size, Math.floor((size * window) / WINDOWS) + WINDOW_BYTES);
    let rest = end - start;
    if (rest <= 0) continue;
    for await (const chunk of await open(path, start)) {
      const bytes = (chunk as Buffer).subarray(0, rest);
      for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
      rest -= bytes.length;
      if (rest === 0) break;
    }
  }
  return counts;
};

const FRACTION_BITS = 16;
const LOG_ONE = 2 ** FRACTION_BITS;
const ONE = 2 ** 25;

/** log2 of a positive integer in units of 2^-16, by squaring; every step is exact in 53 bits. Finite for 0. */
const log2 = (value: number): number => {
  const whole = 31 - Math.clz32(value);
  let mantissa = value * 2 ** (25 - whole);
  let fraction = 0;
  for (let bit = 0; bit < FRACTION_BITS; bit += 1) {
    mantissa = Math.floor((mantissa * mantissa) / ONE);
    fraction *= 2;
    if (mantissa < 2 * ONE) continue;
    mantissa = Math.floor(mantissa / 2);
    fraction += 1;
  }
  return whole * LOG_ONE + fraction;
};
