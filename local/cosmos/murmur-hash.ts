const MASK = 0xffffffffffffffffn;
const C1 = 0x87c37b91114253d5n;
const C2 = 0x4cf5ad432745937fn;

const times = (a: bigint, b: bigint): bigint => (a * b) & MASK;
const plus = (a: bigint, b: bigint): bigint => (a + b) & MASK;
const rotate = (value: bigint, bits: bigint): bigint => ((value << bits) | (value >> (64n - bits))) & MASK;

const finish = (hash: bigint): bigint => {
  const first = times(hash ^ (hash >> 33n), 0xff51afd7ed558ccdn);
  const second = times(first ^ (first >> 33n), 0xc4ceb9fe1a85ec53n);
  return second ^ (second >> 33n);
};

const mixFirst = (k: bigint): bigint => times(rotate(times(k, C1), 31n), C2);
const mixSecond = (k: bigint): bigint => times(rotate(times(k, C2), 33n), C1);

/**
 * MurmurHash3 x64 128 with seed 0, as 16 bytes: both halves little-endian.
 *
 * @see https://github.com/aappleby/smhasher/wiki/MurmurHash3
 */
export const murmur128 = (input: Uint8Array): Uint8Array => {
  const length = BigInt(input.length);
  const tail = input.length % 16;
  // Zero bytes mix to zero, so a padded last block is the same as the algorithm's own tail step.
  const data = Buffer.alloc(input.length + (tail === 0 ? 0 : 16 - tail));
  data.set(input);
  let h1 = 0n;
  let h2 = 0n;
  const whole = input.length - tail;
  for (let offset = 0; offset < whole; offset += 16) {
    h1 = plus(times(plus(rotate(h1 ^ mixFirst(data.readBigUInt64LE(offset)), 27n), h2), 5n), 0x52dce729n);
    h2 = plus(times(plus(rotate(h2 ^ mixSecond(data.readBigUInt64LE(offset + 8)), 31n), h1), 5n), 0x38495ab5n);
  }
  if (tail > 0) {
    h1 ^= mixFirst(data.readBigUInt64LE(whole));
    h2 ^= mixSecond(data.readBigUInt64LE(whole + 8));
  }
  h1 ^= length;
  h2 ^= length;
  h1 = plus(h1, h2);
  h2 = plus(h2, h1);
  h1 = finish(h1);
  h2 = finish(h2);
  h1 = plus(h1, h2);
  h2 = plus(h2, h1);
  const out = Buffer.alloc(16);
  out.writeBigUInt64LE(h1, 0);
  out.writeBigUInt64LE(h2, 8);
  return out;
};
