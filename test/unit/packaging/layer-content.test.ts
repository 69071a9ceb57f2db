import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compressedLayer } from '../../../shared/packaging/image/compressed-layer.ts';
import { type LayerEncoding, planLayers } from '../../../shared/packaging/image/layer.ts';
import { seekableLayer } from '../../../shared/packaging/image/layer-content.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

const FILES = {
  'a/weights.bin': Buffer.alloc(150_000, 'weights'),
  'a/empty': '',
  'b.txt': 'text',
  [`${'deep/'.repeat(30)}naïve.bin`]: Buffer.alloc(700, 'n'),
};

const planOf = (files: Readonly<Record<string, string | Uint8Array>> = FILES, encoding: LayerEncoding = 'stored') => {
  const listing = Object.entries(files).map(([path, content]) => ({ path, size: Buffer.from(content).length }));
  const [plan] = planLayers({ title: 'model', root: 'opt/ml/model', files: memoryFiles(files), listing, encoding });
  if (plan === undefined) throw new Error('there are no files');
  return plan;
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const MODES = ['stored', 'none'] as const;

describe.each(MODES)('a layer kept as %s', (mode) => {
  it('can be read from any offset, in any order, and learns the same digests', async () => {
    const layer = seekableLayer(planOf(), mode);
    const whole = await buffer(await layer.open(0));
    const descriptor = { mediaType: layer.mediaType, digest: `sha256:${sha256(whole)}`, size: whole.length };
    const fact = layer.fact(descriptor);
    const offsets = fc.array(fc.integer({ min: 0, max: whole.length }), { minLength: 1, maxLength: 5 });

    expect(whole.length).toBe(layer.size);
    await fc.assert(
      fc.asyncProperty(offsets, async (order) => {
        const fresh = seekableLayer(planOf(), mode);
        for (const offset of order) {
          expect((await buffer(await fresh.open(offset))).equals(whole.subarray(offset))).toBe(true);
        }
        await buffer(await fresh.open(0));
        expect(fresh.fact(descriptor)).toEqual(fact);
      }),
      { numRuns: 60 },
    );
  });

  it('learns what it would have learned unbroken when it is broken off and resumed', async () => {
    const unbroken = seekableLayer(planOf(), mode);
    const whole = await buffer(await unbroken.open(0));
    const descriptor = { mediaType: unbroken.mediaType, digest: `sha256:${sha256(whole)}`, size: whole.length };
    const cuts = fc.array(fc.tuple(fc.integer({ min: 0, max: whole.length }), fc.nat(5000)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(cuts, async (plannedCuts) => {
        const layer = seekableLayer(planOf(), mode);
        const received: Buffer[] = [];
        let kept = 0;
        for (const [cut, lost] of plannedCuts) {
          for await (const chunk of await layer.open(kept)) {
            received.push(chunk as Buffer);
            kept += (chunk as Buffer).length;
            if (kept > cut) break;
          }
          // The registry may have less than was sent.
          const all = Buffer.concat(received.splice(0)).subarray(0, Math.max(0, kept - lost));
          received.push(all);
          kept = all.length;
        }
        received.push(await buffer(await layer.open(kept)));

        expect(Buffer.concat(received).equals(whole)).toBe(true);
        expect(layer.fact(descriptor)).toEqual(unbroken.fact(descriptor));
      }),
      { numRuns: 60 },
    );
  });

  it('is an archive whose digest is the diff id, and knows the digest of each file', async () => {
    const layer = seekableLayer(planOf(), mode);
    const whole = await buffer(await layer.open(0));

    expect(layer.fact({ mediaType: layer.mediaType, digest: `sha256:${sha256(whole)}`, size: whole.length })).toEqual(
      factOf(whole, mode),
    );
  });

  it('says nothing about itself before it has been read to its end', async () => {
    const layer = seekableLayer(planOf(), mode);
    for await (const _ of await layer.open(0)) break;

    expect(() => layer.fact({ mediaType: '', digest: '', size: 0 })).toThrow('without being read');
  });
});

const factOf = (whole: Buffer, mode: (typeof MODES)[number]) => ({
  mediaType: `application/vnd.oci.image.layer.v1.tar${mode === 'none' ? '' : '+gzip'}`,
  digest: `sha256:${sha256(whole)}`,
  size: whole.length,
  diffId: `sha256:${sha256(mode === 'none' ? whole : gunzipSync(whole))}`,
  files: Object.entries(FILES)
    .map(([path, content]) => ({ path: `opt/ml/model/${path}`, sha256: sha256(Buffer.from(content)) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1)),
  repositories: [],
});

describe('a compressed layer', () => {
  it('unzips to the same archive, and can be read from any offset too', async () => {
    const plan = planOf();
    const { descriptor, open, fact } = await compressedLayer(plan);
    const whole = await buffer(await open(0));
    const tar = await buffer(await seekableLayer(planOf(), 'none').open(0));

    expect(gunzipSync(whole).equals(tar)).toBe(true);
    expect(descriptor).toMatchObject({ digest: `sha256:${sha256(whole)}`, size: whole.length });
    expect(whole.length).toBeLessThan(tar.length / 10);
    expect([...whole.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
    expect(fact.diffId).toBe(`sha256:${sha256(tar)}`);
    expect((await buffer(await open(1234))).equals(whole.subarray(1234))).toBe(true);
  });

  it('fails when a file changes while it is read', async () => {
    const plan = planOf();
    const changed = { ...plan, open: async () => memoryFiles({ x: 'other' }).open('x') };

    await expect(compressedLayer(changed)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});

describe('a layer of 9 GB', () => {
  const size = 9 * 1024 ** 3;
  const offsets = [0, 700, 1535, 1536, 4 * 1024 ** 3 + 17, size + 1000];

  it.each(offsets)('is resumed at %d by opening its file there', async (offset) => {
    const opened: number[] = [];
    const [plan] = planLayers({
      title: 'model',
      root: 'm',
      files: {
        open: (_, at = 0) => {
          opened.push(at);
          return Promise.reject(new Error('far enough'));
        },
      },
      listing: [{ path: 'weights.bin', size }],
    });
    const { tarBytes } = await import('../../../shared/packaging/image/tar.ts');
    if (plan === undefined) throw new Error('there is no layer');
    const header = plan.tar.members.at(-1)?.contentStart ?? 0;
    const read = async () => {
      for await (const _ of tarBytes(plan.tar, plan.open, offset));
    };

    await expect(read()).rejects.toThrow('far enough');
    expect(opened).toEqual([Math.max(0, offset - header)]);
    expect(plan.tar.size).toBe(header + size + 1024);
  });
});
