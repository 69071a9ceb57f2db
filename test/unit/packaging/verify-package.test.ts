import { describe, expect, it } from 'vitest';
import { type BuildPackageServices, buildPackage } from '../../../shared/packaging/build-package.ts';
import { LAYER_ENCODINGS } from '../../../shared/packaging/image/layer.ts';
import { verifyPackage } from '../../../shared/packaging/verify-package.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { putBase } from '../../support/packaging/base-images.ts';
import { mlmodelText, tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { type MemoryImages, memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';

const LONG = `data/${'deep/'.repeat(30)}naïve.bin`;

const MODEL = {
  ...tinyModel(),
  [LONG]: 'x'.repeat(2000),
  'table.bin': Buffer.alloc(3 * 1024 * 1024, 'tree').toString(),
};

const services = (more: Partial<BuildPackageServices> = {}): BuildPackageServices & { images: MemoryImages } =>
  ({
    images: memoryImages(),
    layerFacts: memoryLayerFacts(),
    server: memoryFiles({ 'main.mjs': 'console.log(1)\n' }),
    clock: () => epochMs(0),
    ...more,
  }) as BuildPackageServices & { images: MemoryImages };

const requestOf = (files: Readonly<Record<string, string>>, version = '2') =>
  packageRequest(memoryFiles(files), { version });

describe('a package that is verified', () => {
  it.each(LAYER_ENCODINGS)(
    'is equal when the files are the same, and nothing is stored for that (%s)',
    async (encoding) => {
      const using = services({ profile: { encoding } });
      const { digest, modelDigest } = await buildPackage(using, await requestOf(MODEL));
      const sealed = Object.fromEntries(
        ['putBlob', 'writeBlob', 'putManifest', 'putReferrer', 'mountBlob'].map((method) => [
          method,
          () => Promise.reject(new Error(`${method} was called`)),
        ]),
      );
      const reading = { ...using, images: { ...using.images, ...sealed }, layerFacts: memoryLayerFacts() };

      expect(await verifyPackage(reading, await requestOf(MODEL), digest)).toEqual({
        kind: 'equal',
        digest,
        modelDigest,
      });
    },
  );

  it.each(LAYER_ENCODINGS)('names the files that differ (%s)', async (encoding) => {
    const using = services({ profile: { encoding } });
    const { digest } = await buildPackage(using, await requestOf(MODEL));
    const { 'serving_input_example.json': _, ...others } = MODEL;
    const now = { ...others, [LONG]: 'y'.repeat(2000), 'new.bin': 'new' };
    const found = await verifyPackage(using, await requestOf(now), digest);

    expect(found).toMatchObject({ kind: 'different' });
    const differences = found.kind === 'different' ? found.differences : [];
    expect(differences.filter(({ where }) => where === 'file')).toEqual([
      { where: 'file', path: `opt/ml/model/${LONG}`, what: 'changed' },
      { where: 'file', path: 'opt/ml/model/serving_input_example.json', what: 'unexpected' },
      { where: 'file', path: 'opt/ml/model/new.bin', what: 'missing' },
    ]);
    expect(differences).toContainEqual({
      where: 'layer',
      name: 'model',
      stored: expect.stringMatching(/^sha256:/),
      derived: expect.stringMatching(/^sha256:/),
    });
  });

  it('names the labels that differ', async () => {
    const using = services();
    const { digest } = await buildPackage(using, await requestOf(MODEL));
    const found = await verifyPackage(using, await requestOf(MODEL, '3'), digest);

    expect(found).toMatchObject({
      kind: 'different',
      differences: expect.arrayContaining([
        { where: 'label', name: 'io.slipway.model.version', stored: '2', derived: '3' },
      ]),
    });
  });

  it('names the time and what it says of itself when the model was logged anew', async () => {
    const using = services();
    const { digest } = await buildPackage(using, await requestOf(MODEL));
    const relogged = { ...MODEL, MLmodel: mlmodelText({ more: 'run_id: other' }) };
    const found = await verifyPackage(using, await requestOf(relogged), digest);

    expect(found.kind === 'different' && found.differences.map(({ where }) => where)).toEqual([
      'layer',
      'file',
      'label',
      'label',
      'annotation',
      'annotation',
    ]);
  });

  it('names the layers of a base that differ', async () => {
    const using = services({ base: { repository: 'base/node', reference: '24' } });
    await putBase(using.images, 'base/node', { tag: '24' });
    const { digest } = await buildPackage(using, await requestOf(MODEL));
    await putBase(using.images, 'base/node', { tag: '24', layers: ['one', 'patched'] });
    const found = await verifyPackage(using, await requestOf(MODEL), digest);

    expect(found.kind === 'different' && found.differences.filter(({ where }) => where === 'layer')).toMatchObject([
      { name: 'layer 2 of the base' },
    ]);
  });

  it('differs as a layer when the stored layer is none of ours', async () => {
    const using = services();
    const { digest, layers } = await buildPackage(using, await requestOf(MODEL));
    using.images.blobs.set(layers[1]?.digest ?? '', Buffer.from('tampered'));
    const found = await verifyPackage(using, await requestOf({ ...MODEL, 'new.bin': 'new' }), digest);

    expect(found).toMatchObject({ kind: 'different' });
  });

  it('is not there', async () => {
    const missing = `sha256:${'0'.repeat(64)}`;

    await expect(verifyPackage(services(), await requestOf(MODEL), missing)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});
