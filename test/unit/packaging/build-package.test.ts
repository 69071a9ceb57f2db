import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type BuildPackageServices, buildPackage } from '../../../shared/packaging/build-package.ts';
import { mlmodelText, tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { type MemoryImages, memoryImages } from '../../support/packaging/memory-images.ts';

const SERVER = { 'main.mjs': 'console.log(1)\n', 'lib/native.node': 'binary' };

const services = (images: MemoryImages = memoryImages(), server = SERVER) => ({ images, server: memoryFiles(server) });

const build = async (using: BuildPackageServices, files = memoryFiles(tinyModel()), version = '2') => {
  const outcome = await buildPackage(using, { name: 'heart-classifier', version, files });
  if (outcome.kind === 'refused') throw new Error(outcome.refusal.message);
  return outcome;
};

const json = (images: MemoryImages, digest: string) => JSON.parse(images.blobs.get(digest)?.toString('utf8') ?? '');

const sha256 = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

const reversed = (files: Record<string, string>) => Object.fromEntries(Object.entries(files).toReversed());

describe('buildPackage', () => {
  it('gives the digest it has always given', async () => {
    const { image, digest, modelDigest } = await build(services());

    expect(digest).toBe('sha256:50db481251f2c37e9e07a8bba30ff1f8bbc50c5a69c00a69fe60fa0a0a81b906');
    expect(modelDigest).toBe('sha256:8fa70b0b8acdc805e6105e9f85b2f7f5f9fa93e95b4d29d156b8709de1e8066c');
    expect(image).toBe(`images.example/models/heart-classifier@${digest}`);
  });

  it('gives the same digest for another order, other chunks and no content ids', async () => {
    const first = await build(services());
    const second = await build(
      { images: memoryImages(), server: memoryFiles(reversed(SERVER), { chunkBytes: 3 }) },
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

    expect(manifest.layers).toEqual(layers);
    expect(blobs.map(sha256)).toEqual(layers.map((layer) => layer.digest));
    expect(blobs.map(({ length }) => length)).toEqual(layers.map(({ size }) => size));
    expect(config.rootfs.diff_ids).toEqual(blobs.map((blob) => sha256(gunzipSync(blob))));
    expect(config.history).toHaveLength(layers.length);
    expect(images.tags.get('models/heart-classifier:v2')).toBe(digest);
    const total = [...images.blobs.values()].reduce((sum, { length }) => sum + length, 0);
    expect(sizeBytes).toBe(total);
  });

  it('says how the server is started and what the model is', async () => {
    const images = memoryImages();
    const { digest, servingInput, signature } = await build(services(images));
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
    expect(servingInput).toBe('{"inputs": {"x": [1.5]}}');
    expect(signature.inputs).toMatchObject({ columns: [{ name: 'x' }] });
  });

  it('sends nothing twice', async () => {
    const images = memoryImages();
    const using = services(images);
    await build(using);
    const before = images.sent.length;
    await build(using, memoryFiles(tinyModel()), '3');

    // The version is in the config's labels, so that one is new.
    expect(images.sent.length - before).toBe(1);
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

  it('refuses without storing anything', async () => {
    const images = memoryImages();
    const files = memoryFiles({ 'model.onnx': 'graph' });
    const outcome = await buildPackage(services(images), { name: 'm', version: '1', files });

    expect(outcome).toMatchObject({ kind: 'refused', refusal: { code: 'mlmodel-missing' } });
    expect(images.blobs.size).toBe(0);
  });

  it('fails when a file changes between being hashed and being stored', async () => {
    const files = memoryFiles(tinyModel());
    let opened = 0;
    const changing = {
      ...files,
      open: (path: string) => {
        if (path === 'model.onnx') opened += 1;
        return opened > 1 && path === 'model.onnx'
          ? memoryFiles({ [path]: 'graph, and more' }).open(path)
          : files.open(path);
      },
    };

    await expect(build(services(), changing)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});

describe('an image on a base', () => {
  const layer = {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: `sha256:${'b'.repeat(64)}`,
    size: 10,
  };
  const base = {
    name: 'example.io/node:24',
    digest: `sha256:${'a'.repeat(64)}`,
    layers: [layer],
    diffIds: [`sha256:${'c'.repeat(64)}`],
    env: ['PATH=/bin', 'PORT=80'],
  };

  it('begins with the base layers and keeps the order of its environment', async () => {
    const images = memoryImages();
    images.blobs.set(layer.digest, Buffer.alloc(10));
    const { digest } = await build({ ...services(images), base });
    const manifest = json(images, digest);
    const { config, rootfs, history } = json(images, manifest.config.digest);

    expect(manifest.layers[0]).toEqual(layer);
    expect(rootfs.diff_ids[0]).toBe(base.diffIds[0]);
    expect(history).toHaveLength(rootfs.diff_ids.length);
    expect(config.Env.slice(0, 3)).toEqual(['PATH=/bin', 'PORT=5001', 'AZUREML_MODEL_DIR=/opt/ml']);
    expect(manifest.annotations).toMatchObject({
      'org.opencontainers.image.base.name': base.name,
      'org.opencontainers.image.base.digest': base.digest,
    });
  });

  it('is refused when the base is not in the registry', async () => {
    await expect(build({ ...services(), base })).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('is refused when the base has another number of diff ids than layers', async () => {
    const images = memoryImages();
    images.blobs.set(layer.digest, Buffer.alloc(10));
    await expect(build({ ...services(images), base: { ...base, diffIds: [] } })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
  });
});
