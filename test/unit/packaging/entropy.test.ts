import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { entropyMillibits, isCompressible } from '../../../shared/packaging/image/entropy.ts';
import { planLayers } from '../../../shared/packaging/image/layer.ts';
import { planTar } from '../../../shared/packaging/image/tar.ts';
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

/** Noise at the places that are chosen, zeros elsewhere. */
const mixed = (size: number, isNoise: (at: number) => boolean): Buffer =>
  noise(size).map((byte, at) => (isNoise(at) ? byte : 0)) as Buffer;

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

  it('is asked from 1 MiB of archive on', async () => {
    const archived = async (bytes: number) => isCompressible(layerOf({ 'file.bin': Buffer.alloc(bytes - 2048) }));

    expect(await archived(MIB)).toBe(true);
    expect(await archived(MIB - 512)).toBe(false);
  });

  it('counts how often bytes are there, not which', async () => {
    expect(await isCompressible(layerOf({ 'file.bin': mixed(2 * MIB, (at) => at % 4 === 0) }))).toBe(true);
    expect(await isCompressible(layerOf({ 'file.bin': mixed(2 * MIB, (at) => at % 10 !== 0) }))).toBe(false);
  });

  it('is no for files without content', async () => {
    const empty = Object.fromEntries(Array.from({ length: 2100 }, (_, at) => [`${at}`, Buffer.alloc(0)]));

    expect(await isCompressible(layerOf(empty))).toBe(false);
  });

  it('weighs files by their size', async () => {
    const layer = (zeros: number, random: number) =>
      isCompressible(layerOf({ zeros: Buffer.alloc(zeros), random: noise(random) }));

    expect(await layer(300_000, 900_000)).toBe(true);
    expect(await layer(200_000, 900_000)).toBe(false);
  });

  it.each(['aaa', 'zzz'])('asks the sixteen largest files alone, also beside many others called %s', async (prefix) => {
    const large = Array.from({ length: 16 }, (_, at) => [`m-${at}`, Buffer.alloc(100_000)]);
    const others = Array.from({ length: 80 }, (_, at) => [`${prefix}-${at}`, noise(90_000)]);

    expect(await isCompressible(layerOf(Object.fromEntries([...large, ...others])))).toBe(true);
  });

  it('asks of files with one size the first by name, however they were listed', async () => {
    const files = Array.from({ length: 32 }, (_, at): [string, Buffer] => [
      `m-${10 + at}`,
      at < 16 ? Buffer.alloc(90_000) : noise(90_000),
    ]);

    expect(await isCompressible(layerOf(Object.fromEntries(files)))).toBe(true);
    expect(await isCompressible(layerOf(Object.fromEntries(files.reverse())))).toBe(true);
  });

  it('asks the first 64 KiB of each quarter of a file', async () => {
    const isAsked = (at: number) => at % (512 * 1024) < 64 * 1024;

    expect(await isCompressible(layerOf({ 'file.bin': mixed(2 * MIB, isAsked) }))).toBe(false);
    expect(await isCompressible(layerOf({ 'file.bin': mixed(2 * MIB, (at) => !isAsked(at)) }))).toBe(true);
  });

  it.each([1024, 65_536])(
    'is judged by all of what it asks when that comes in pieces of %i bytes',
    async (chunkBytes) => {
      const content = mixed(2 * MIB, (at) => at % (512 * 1024) >= 1024);

      expect(await isCompressible(layerOf({ 'file.bin': content }, chunkBytes))).toBe(false);
    },
  );

  it.each([
    [0, []],
    [1, [0]],
    [65_536, [0]],
    [65_537, [0, 65_536]],
    [100_000, [0, 65_536, 90_536]],
    [262_144, [0, 65_536, 131_072, 196_608]],
    [1_000_001, [0, 250_000, 500_000, 750_000]],
  ])('opens a file of %i bytes at %j, and reads little', async (size, expected) => {
    const opened: number[] = [];
    let read = 0;
    const open = async (path: string, offset: number) => {
      if (path === 'other') return [Buffer.alloc(65_536)];
      opened.push(offset);
      return (function* () {
        for (let at = offset; at < size; at += 1024) {
          const piece = Buffer.alloc(Math.min(1024, size - at));
          read += piece.length;
          yield piece;
        }
      })();
    };
    const tar = planTar(
      ['file', 'other'].map((path) => ({ path, size: path === 'file' ? size : 2 * MIB, executable: false })),
    );
    await isCompressible({ tar, open });

    expect(opened).toEqual(expected);
    expect(read).toBeLessThanOrEqual(Math.min(size, 4 * 65_536) + 4 * 1024);
  });
});
