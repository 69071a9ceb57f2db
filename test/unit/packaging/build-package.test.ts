import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type BuildPackageServices, buildPackage } from '../../../shared/packaging/build-package.ts';
import { planLayers } from '../../../shared/packaging/image/layer.ts';
import { storeLayers } from '../../../shared/packaging/image/store-layers.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { mlmodelText, tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { type MemoryImages, memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';

const SERVER = { 'main.mjs': 'console.log(1)\n', 'lib/native.node': 'binary' };

const services = (images: MemoryImages = memoryImages(), server = SERVER) => ({
  images,
  layerFacts: memoryLayerFacts(),
  server: memoryFiles(server),
  clock: () => epochMs(0),
});

const build = async (using: BuildPackageServices, files = memoryFiles(tinyModel()), version = '2') =>
  buildPackage(using, await packageRequest(files, { version }));

const json = (images: MemoryImages, digest: string) => JSON.parse(images.blobs.get(digest)?.toString('utf8') ?? '');

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const reversed = (files: Record<string, string>) => Object.fromEntries(Object.entries(files).toReversed());

describe('buildPackage', () => {
  it('gives the digest it has always given', async () => {
    const { image, digest, modelDigest } = await build(services());

    expect(digest).toBe('sha256:aaaf53fafd1e4d057b5b3f17c21859efcdd47004f97570f97f8b100187dbf154');
    expect(modelDigest).toBe('sha256:8fa70b0b8acdc805e6105e9f85b2f7f5f9fa93e95b4d29d156b8709de1e8066c');
    expect(image).toBe(`images.example/models/heart-classifier@${digest}`);
  });

  it('gives the same digest for another order, other chunks and no content ids', async () => {
    const first = await build(services());
    const second = await build(
      { ...services(), server: memoryFiles(reversed(SERVER), { chunkBytes: 3 }) },
      memoryFiles(reversed(tinyModel()), { contentIds: false, chunkBytes: 7 }),
    );

    expect(second.digest).toBe(first.digest);
  });

  it('stores an image whose parts all have the digests it names', async () => {
    const images = memoryImages();
    const { digest, layers, sizeBytes } = await build(services(images));
    const manifest = json(images, digest);
    const config = json(images, manifest.config.digest);
    const blobs = layers.map((layer) => images.blobs.get(layer.digest) ?? Buffer.alloc(0));

    expect(manifest.layers).toEqual(layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })));
    expect(blobs.map(sha256)).toEqual(layers.map((layer) => layer.digest));
    expect(blobs.map(({ length }) => length)).toEqual(layers.map(({ size }) => size));
    expect(config.rootfs.diff_ids).toEqual(blobs.map((blob) => sha256(gunzipSync(blob))));
    expect(config.history).toHaveLength(layers.length);
    expect(images.tags.get('models/heart-classifier:v2')).toBe(digest);
    const parts = [digest, manifest.config.digest, ...layers.map((layer) => layer.digest)];
    const total = parts.reduce((sum, part) => sum + (images.blobs.get(part)?.length ?? 0), 0);
    expect(sizeBytes).toBe(total);
  });

  it('says how the server is started and what the model is', async () => {
    const images = memoryImages();
    const { digest } = await build(services(images));
    const manifest = json(images, digest);
    const { created, config, architecture, os } = json(images, manifest.config.digest);

    expect({ created, architecture, os }).toEqual({
      created: '2026-01-02T03:04:05Z',
      architecture: 'amd64',
      os: 'linux',
    });
    expect(config).toMatchObject({
      Entrypoint: ['node', '/opt/server/main.mjs'],
      User: '65532:65532',
      WorkingDir: '/opt/ml',
      ExposedPorts: { '5001/tcp': {} },
      Env: [
        'AZUREML_MODEL_DIR=/opt/ml',
        'MLFLOW_DISABLE_ENV_CREATION=true',
        'MLFLOW_MODEL_FOLDER=model',
        'MLFLOW_MODEL_URI=/opt/ml/model',
        'PORT=5001',
      ],
      Labels: {
        'org.opencontainers.image.title': 'heart-classifier',
        'org.opencontainers.image.version': '2',
        'io.slipway.model.flavors': 'onnx,python_function',
        'io.slipway.model.loader': 'mlflow.onnx',
        'io.slipway.mlflow.version': '3.17.2',
        'io.slipway.model.signature':
          '{"inputs":[{"type":"double","name":"x","required":true}],"outputs":[{"type":"float","name":"y","required":true}],"params":null}',
      },
    });
    expect(manifest.annotations).toMatchObject({ 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' });
  });

  it('sends no byte when the same version is packaged again, and ends at the same digests', async () => {
    const images = memoryImages();
    const using = services(images);
    const first = await build(using);
    const before = images.sent.length;
    const second = await build(using);

    expect(images.sent.length).toBe(before);
    expect(second).toMatchObject({ digest: first.digest, sbom: first.sbom, provenance: first.provenance });
    expect([first.cacheHits, second.cacheHits, second.sentBytes]).toEqual([0, 2, 0]);
  });

  it('opens no file of layers it knows, and mounts them where another model has them', async () => {
    const images = memoryImages();
    const using = services(images);
    const files = memoryFiles(tinyModel());
    await build(using, files);
    const sealed = { ...files, open: () => Promise.reject(new Error('opened')) };
    const sent = images.sent.length;
    const other = await buildPackage(using, { ...(await packageRequest(files, { name: 'other' })), files: sealed });

    expect(other.layers.map(({ arrival }) => arrival)).toEqual(['mounted', 'mounted']);
    expect(images.mounted).toEqual(other.layers.map(({ digest }) => `models/other ${digest}`));
    // Config, bill of materials, provenance and the empty config of both.
    expect(images.sent.length - sent).toBe(4);
  });

  it('sends a layer again when the registry has cleaned it up since', async () => {
    const images = memoryImages();
    const using = services(images);
    const first = await build(using);
    for (const { digest } of first.layers) images.blobs.delete(digest);
    const second = await build(using);

    expect(second.digest).toBe(first.digest);
    expect(second.layers.map(({ arrival }) => arrival)).toEqual(['sent', 'sent']);
  });

  it('sends everything again when the registry says that it lacks what it said it had', async () => {
    const images = memoryImages();
    const using = services(images);
    const first = await build(using);
    let refusals = 0;
    const forgetful: MemoryImages = {
      ...images,
      putManifest: async (repository, manifest, tag) => {
        if (images.sent.length === before) {
          refusals += 1;
          throw new SlipwayError('INVALID_STATE', 'MANIFEST_BLOB_UNKNOWN');
        }
        await images.putManifest(repository, manifest, tag);
      },
    };
    const before = images.sent.length;
    const second = await build({ ...using, images: forgetful });

    expect(refusals).toBe(1);
    expect(second).toMatchObject({ digest: first.digest, cacheHits: 0 });
  });

  it('has at most three layers under way', async () => {
    const images = memoryImages();
    let [running, most] = [0, 0];
    const watched: MemoryImages = {
      ...images,
      writeBlob: async (...blob) => {
        running += 1;
        most = Math.max(most, running);
        const descriptor = await images.writeBlob(...blob);
        running -= 1;
        return descriptor;
      },
    };
    const plans = [...'abcdef'].flatMap((root) =>
      planLayers({ title: root, root, files: memoryFiles({ file: root }), listing: [{ path: 'file', size: 1 }] }),
    );
    const stored = await storeLayers({ images: watched, layerFacts: memoryLayerFacts() }, 'models/a', plans);

    expect(stored.map(({ title }) => title.charAt(0))).toEqual([...'abcdef']);
    expect(most).toBe(3);
  });

  it('sends only the small files when the weights stay the same', async () => {
    const images = memoryImages();
    const using = services(images);
    const weights = Buffer.alloc(16 * 1024 * 1024, 7);
    const withWeights = (more: string) =>
      memoryFiles({ ...tinyModel(), MLmodel: mlmodelText({ more }), 'weights.bin': weights });
    const first = await build(using, withWeights('run_id: first'));
    const before = new Set(images.blobs.keys());
    const second = await build(using, withWeights('run_id: second'), '3');
    const added = [...images.blobs].filter(([digest]) => !before.has(digest));

    expect(second.layers.map(({ digest }) => digest).slice(0, -1)).toEqual(
      first.layers.map(({ digest }) => digest).slice(0, -1),
    );
    expect(added.reduce((sum, [, { length }]) => sum + length, 0)).toBeLessThan(20_000);
  });

  it('puts big files into layers of their own, ordered by path, before the small ones', async () => {
    const images = memoryImages();
    const big = 'x'.repeat(16 * 1024 * 1024);
    const { digest } = await build(services(images), memoryFiles({ ...tinyModel(), 'z.bin': big, 'a.bin': `${big}y` }));
    const { history } = json(images, json(images, digest).config.digest);

    expect(history.map(({ created_by }: { created_by: string }) => created_by)).toEqual([
      'slipway: scoring server',
      'slipway: model: a.bin',
      'slipway: model: z.bin',
      'slipway: model',
    ]);
  });

  it('gives the model the same digest in an image with another server', async () => {
    const first = await build(services());
    const second = await build(services(memoryImages(), { ...SERVER, 'main.mjs': 'console.log(2)\n' }));

    expect(second.digest).not.toBe(first.digest);
    expect(second.modelDigest).toBe(first.modelDigest);
  });

  it.each([
    ['shorter', 'grap'],
    ['longer', 'graph, and more'],
  ])('stores no image when a file is %s than listed', async (_, content) => {
    const images = memoryImages();
    const files = memoryFiles(tinyModel());
    const request = await packageRequest(files);
    const changed = {
      ...files,
      open: (path: string) => (path === 'model.onnx' ? memoryFiles({ [path]: content }) : files).open(path),
    };

    await expect(buildPackage(services(images), { ...request, files: changed })).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
    expect(images.tags.size).toBe(0);
  });
});
