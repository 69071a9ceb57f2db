import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entropyMillibits, isCompressible } from '../../../shared/packaging/image/entropy.ts';
import { planLayers } from '../../../shared/packaging/image/layer.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

const MIB = 1024 * 1024;

/** Bytes without pattern that are the same on every run. */
const noise = (size: number): Buffer => {
  const bytes = Buffer.alloc(size);
  let state = 1;
  for (let at = 0; at < size; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
};

const layerOf = (files: Readonly<Record<string, Uint8Array>>, chunkBytes = 65_536) => {
  const listing = Object.entries(files).map(([path, content]) => ({ path, size: content.length }));
  const [plan] = planLayers({ title: 'm', root: 'm', files: memoryFiles(files, { chunkBytes }), listing });
  if (plan === undefined) throw new Error('there are no files');
  return plan;
};

describe('entropy', () => {
  it('is what the formula says, to a thousandth of a bit', () => {
    const histogram = fc.array(fc.nat(16_384), { minLength: 256, maxLength: 256 });
    fc.assert(
      fc.property(histogram, (counts) => {
        const total = counts.reduce((sum, count) => sum + count, 0);
        const exact = counts
          .filter((count) => count > 0)
          .reduce((sum, count) => sum - (count / total) * Math.log2(count / total), 0);
        expect(Math.abs(entropyMillibits(counts) - exact * 1000)).toBeLessThanOrEqual(1.1);
      }),
    );
    expect(entropyMillibits([])).toBe(0);
    expect(entropyMillibits(new Array(256).fill(1000))).toBe(8000);
    expect(entropyMillibits([512, 512])).toBe(1000);
  });
});

describe('whether compressing a layer pays', () => {
  it.each([
    ['text', true, Buffer.alloc(2 * MIB, 'tree 1 leaf 2 threshold 0.5\n')],
    ['noise', false, noise(2 * MIB)],
    ['little', false, Buffer.alloc(1000)],
  ])('%s: %s', async (_, expected, content) => {
    expect(await isCompressible(layerOf({ 'file.bin': content }))).toBe(expected);
    expect(await isCompressible(layerOf({ 'file.bin': content }, 977))).toBe(expected);
  });

  it('is judged by the largest files of a layer with many', async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`small-${at}`, Buffer.alloc(10_000)]));

    expect(await isCompressible(layerOf({ ...many, large: noise(3 * MIB) }))).toBe(false);
  });
});
