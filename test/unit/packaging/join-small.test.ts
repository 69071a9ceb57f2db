import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { joinSmall } from '../../../shared/packaging/image/join-small.ts';

const KIB = 1024;

const piecesOf = async function* (sizes: readonly number[]) {
  for (const [index, size] of sizes.entries()) yield Buffer.alloc(size, index % 251);
};

const joined = async (sizes: readonly number[]): Promise<readonly Buffer[]> => {
  const all: Buffer[] = [];
  for await (const piece of joinSmall(piecesOf(sizes))) all.push(piece);
  return all;
};

describe('joining small pieces', () => {
  it('keeps every byte in its place', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 80 * KIB })), async (sizes) => {
        const expected: Buffer[] = [];
        for await (const piece of piecesOf(sizes)) expected.push(piece);
        expect(Buffer.concat(await joined(sizes)).equals(Buffer.concat(expected))).toBe(true);
      }),
    ));

  it.each([
    { sizes: [512, 100, 412], gives: [1024] },
    { sizes: [512, 200 * KIB, 10], gives: [512, 200 * KIB, 10] },
    { sizes: Array.from({ length: 130 }, () => KIB), gives: [64 * KIB, 64 * KIB, 2 * KIB] },
    { sizes: [200 * KIB, 32 * KIB], gives: [200 * KIB, 32 * KIB] },
    { sizes: [31 * KIB, 32 * KIB], gives: [31 * KIB, 32 * KIB] },
    { sizes: [], gives: [] },
    { sizes: [0], gives: [] },
  ])('makes $gives of pieces of $sizes bytes', async ({ sizes, gives }) => {
    expect((await joined(sizes)).map(({ length }) => length)).toEqual(gives);
  });
});
