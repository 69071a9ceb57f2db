import { describe, expect, it } from 'vitest';
import { type BuildPackageServices, buildPackage } from '../../../shared/packaging/build-package.ts';
import { readBase } from '../../../shared/packaging/image/read-base.ts';
import type { PackagedServer } from '../../../shared/packaging/plan-image.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { type BaseContent, DOCKER, documentOf, OCI, putBase } from '../../support/packaging/base-images.ts';
import { tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { type MemoryImages, memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';

const AMD64 = { os: 'linux', architecture: 'amd64' };
const ARM64 = { os: 'linux', architecture: 'arm64' };
const MODEL = memoryFiles(tinyModel());

const services = (images: MemoryImages, more: Partial<BuildPackageServices> = {}): BuildPackageServices => ({
  images,
  layerFacts: memoryLayerFacts(),
  server: memoryFiles({ 'main.mjs': 'console.log(1)\n' }),
  clock: () => epochMs(0),
  ...more,
});

const json = (images: MemoryImages, digest: string) => JSON.parse(images.blobs.get(digest)?.toString('utf8') ?? '');

const configOf = (images: MemoryImages, digest: string) => json(images, json(images, digest).config.digest);

const environment = (digest: string): PackagedServer => ({
  kind: 'environment',
  key: 'k1',
  repository: 'env/mlflow',
  digest,
});

/** An image for a model on an environment image. */
const onEnvironment = async (images: MemoryImages, content: BaseContent = {}) => {
  const base = await putBase(images, 'env/mlflow', content);
  const request = await packageRequest(MODEL, { server: environment(base.descriptor.digest) });
  return { base, built: await buildPackage(services(images), request) };
};

describe('an image on a base', () => {
  it('begins with the base layers, mounted from the repository of the base, and names the base', async () => {
    const images = memoryImages();
    const base = await putBase(images, 'base/node', {
      tag: '24',
      config: { config: { Env: ['PATH=/bin', 'PORT=80'] } },
    });
    const using = services(images, { base: { repository: 'base/node', reference: '24' } });
    const { digest, bases } = await buildPackage(using, await packageRequest(MODEL));
    const manifest = json(images, digest);
    const { config, rootfs, history } = configOf(images, digest);

    expect(manifest.layers.slice(0, 2)).toEqual(json(images, base.descriptor.digest).layers);
    expect(images.mounted).toEqual(
      manifest.layers.slice(0, 2).map((layer: { digest: string }) => `models/heart-classifier ${layer.digest}`),
    );
    expect(rootfs.diff_ids).toHaveLength(4);
    expect(history).toHaveLength(4);
    expect(config.Env.slice(0, 3)).toEqual(['PATH=/bin', 'PORT=5001', 'AZUREML_MODEL_DIR=/opt/ml']);
    expect(bases).toEqual([{ name: 'images.example/base/node:24', digest: base.descriptor.digest }]);
    expect(manifest.annotations).toMatchObject({
      'org.opencontainers.image.title': 'heart-classifier',
      'org.opencontainers.image.base.name': 'images.example/base/node:24',
      'org.opencontainers.image.base.digest': base.descriptor.digest,
    });
  });

  it('keeps the entrypoint, arguments and user of an environment image, and says which one it is', async () => {
    const images = memoryImages();
    const run = { Entrypoint: ['python3.11', '/opt/server/main.py'], Cmd: ['--quiet'], User: '1000' };
    const { base, built } = await onEnvironment(images, { config: { config: run } });
    const { config } = configOf(images, built.digest);

    expect(config).toMatchObject({ ...run, WorkingDir: '/opt/ml', ExposedPorts: { '5001/tcp': {} } });
    const image = `images.example/env/mlflow@${base.descriptor.digest}`;
    expect(built.environment).toEqual({ key: 'k1', image });
    expect(config.Labels).toMatchObject({ 'io.slipway.environment.key': 'k1', 'io.slipway.environment.image': image });
    expect(built.layers.map(({ title }) => title)).toEqual(['model']);
  });

  it('drops the arguments of a base whose entrypoint it replaces', async () => {
    const images = memoryImages();
    await putBase(images, 'base/node', { tag: '24', config: { config: { Cmd: ['node'], Entrypoint: ['/start'] } } });
    const using = services(images, { base: { repository: 'base/node', reference: '24' } });
    const { config } = configOf(images, (await buildPackage(using, await packageRequest(MODEL))).digest);

    expect(config.Entrypoint).toEqual(['node', '/opt/server/main.mjs']);
    expect(config).not.toHaveProperty('Cmd');
  });

  it('keeps what it does not know of a base, and drops what docker left behind', async () => {
    const images = memoryImages();
    const { built } = await onEnvironment(images, {
      config: {
        author: 'somebody',
        'io.example.unknown': { deep: [1, { two: true }] },
        container: 'c0ffee',
        container_config: { Hostname: 'builder' },
        docker_version: '20.10',
        config: { Hostname: 'builder', Image: 'sha256:x', StopSignal: 'SIGINT', Labels: { team: 'ml' } },
      },
    });
    const { config, ...top } = configOf(images, built.digest);

    expect(top).toMatchObject({ author: 'somebody', 'io.example.unknown': { deep: [1, { two: true }] } });
    expect(Object.keys(top).sort()).toEqual(
      ['architecture', 'author', 'created', 'history', 'io.example.unknown', 'os', 'rootfs'].sort(),
    );
    expect(config).toMatchObject({ StopSignal: 'SIGINT', Labels: { team: 'ml', 'io.slipway.model.version': '2' } });
    expect(config).not.toHaveProperty('Hostname');
    expect(config).not.toHaveProperty('Image');
  });

  it.each([
    ['none', undefined, 2],
    ['too little', [{ created_by: 'RUN one' }], 2],
    ['entries without layer', [{ created_by: 'A' }, { empty_layer: true }, { created_by: 'B' }], 3],
  ])('has one entry of history per layer when the base has %s', async (_, history, expected) => {
    const images = memoryImages();
    const { base, built } = await onEnvironment(images, { config: { history } });
    const config = configOf(images, built.digest);
    const withLayer = config.history.filter((entry: { empty_layer?: boolean }) => entry.empty_layer !== true);

    expect(withLayer).toHaveLength(config.rootfs.diff_ids.length);
    expect(config.history).toHaveLength(expected + 1);
    if (expected === 2) {
      expect(config.history[0].created_by).toBe(`images.example/env/mlflow@${base.descriptor.digest}`);
    }
  });

  it('is written in the words of OCI when the base is written in those of docker', async () => {
    const [docker, oci] = [memoryImages(), memoryImages()];
    const first = await onEnvironment(docker, { types: DOCKER });
    await onEnvironment(oci);
    const manifest = json(docker, first.built.digest);

    expect(JSON.stringify(manifest)).not.toContain('docker');
    expect(manifest.layers.map(({ mediaType }: { mediaType: string }) => mediaType)).toEqual(Array(3).fill(OCI.layer));
    expect(manifest.layers[0].digest).toBe(json(docker, first.base.descriptor.digest).layers[0].digest);
  });

  it('copies the layers of a base where the registry does not mount', async () => {
    const images = memoryImages();
    const declining = { ...images, mountBlob: async () => false };
    const base = await putBase(images, 'env/mlflow');
    const request = await packageRequest(MODEL, { server: environment(base.descriptor.digest) });
    const { digest } = await buildPackage(services(declining), request);

    for (const layer of json(images, digest).layers) {
      expect(await images.hasBlob('models/heart-classifier', layer.digest)).toBe(true);
    }
  });

  it('is not built when a layer of the base is gone', async () => {
    const images = memoryImages();
    const base = await putBase(images, 'env/mlflow');
    images.blobs.delete(json(images, base.descriptor.digest).layers[1].digest);
    const request = await packageRequest(MODEL, { server: environment(base.descriptor.digest) });

    await expect(buildPackage(services(images), request)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining('import the base image again'),
    });
    expect(images.tags.size).toBe(0);
  });

  it('is not built with more layers than runtimes unpack', async () => {
    const layers = Array.from({ length: 127 }, (_, at) => `layer ${at}`);

    await expect(onEnvironment(memoryImages(), { layers })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  });
});

describe('one image for several platforms', () => {
  const putIndex = async (images: MemoryImages, types: typeof OCI | typeof DOCKER = OCI) => {
    const platforms = [AMD64, { ...ARM64, variant: 'v8' }];
    const manifests = await Promise.all(
      platforms.map(async (platform) => {
        const { descriptor } = await putBase(images, 'env/mlflow', {
          types,
          layers: [`for ${platform.architecture}`],
          config: platform,
        });
        return { ...descriptor, platform };
      }),
    );
    const attestation = {
      ...documentOf(OCI.manifest, {}).descriptor,
      platform: { os: 'unknown', architecture: 'unknown' },
    };
    const index = documentOf(types.index, {
      schemaVersion: 2,
      mediaType: types.index,
      manifests: [attestation, ...manifests],
    });
    await images.putManifest('env/mlflow', index, 'key');
    return { index, manifests };
  };

  it('has a manifest per base under one index, and pushes the model once', async () => {
    const images = memoryImages();
    const { index, manifests } = await putIndex(images);
    const request = await packageRequest(MODEL, { server: environment(index.descriptor.digest) });
    const built = await buildPackage(services(images, { profile: { platforms: [AMD64, ARM64] } }), request);
    const root = json(images, built.digest);
    const lastLayers = root.manifests.map(
      ({ digest }: { digest: string }) => json(images, digest).layers.at(-1).digest,
    );

    expect(root.mediaType).toBe(OCI.index);
    expect(root.manifests.map((entry: { platform: object }) => entry.platform)).toEqual([AMD64, ARM64]);
    expect(built.bases.map(({ digest }) => digest)).toEqual(manifests.map(({ digest }) => digest));
    expect(lastLayers).toEqual(Array(2).fill(built.layers[0]?.digest));
    expect(images.sent.filter((digest) => digest === built.layers[0]?.digest)).toHaveLength(1);
    expect(images.tags.get('models/heart-classifier:v2')).toBe(built.digest);
    expect(configOf(images, root.manifests[1].digest)).toMatchObject({ ...ARM64, variant: 'v8' });
  });

  it.each([
    ['OCI', OCI],
    ['docker', DOCKER],
  ])('is taken apart from an index of %s by platform', async (_, types) => {
    const images = memoryImages();
    const { manifests } = await putIndex(images, types);
    const at = (platform: typeof AMD64 & { variant?: string }) =>
      readBase(images, { repository: 'env/mlflow', reference: 'key' }, platform);

    expect((await at(AMD64)).digest).toBe(manifests[0]?.digest);
    expect((await at({ ...ARM64, variant: 'v8' })).digest).toBe(manifests[1]?.digest);
    await expect(at({ ...ARM64, variant: 'v9' })).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
    await expect(at({ os: 'windows', architecture: 'amd64' })).rejects.toThrow('linux/amd64, linux/arm64/v8');
  });

  it('is refused for the Node server, which is built for one', async () => {
    const using = services(memoryImages(), { profile: { platforms: [ARM64] } });

    await expect(buildPackage(using, await packageRequest(MODEL))).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
  });
});

describe('a base that cannot be built on', () => {
  const read = (images: MemoryImages, reference = 'v1') =>
    readBase(images, { repository: 'env/mlflow', reference }, AMD64);

  it.each([
    ['another number of diff ids than layers', { config: { rootfs: { diff_ids: [] } } }, 'diff ids'],
    ['a config that is none', { config: { rootfs: 'x' } }, 'cannot be read'],
    [
      'layers that may not be copied',
      { types: { ...DOCKER, layer: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip' } },
      'foreign',
    ],
    [
      'a manifest of the first schema',
      { types: { ...DOCKER, manifest: 'application/vnd.docker.distribution.manifest.v1+json' } },
      'v1+json',
    ],
  ])('has %s', async (_, content, message) => {
    const images = memoryImages();
    await putBase(images, 'env/mlflow', { ...content, tag: 'v1' });

    await expect(read(images)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: expect.stringContaining(message),
    });
  });

  it('is not there, or for another platform', async () => {
    const images = memoryImages();
    await putBase(images, 'env/mlflow', { config: ARM64, tag: 'arm' });

    await expect(read(images, 'none')).rejects.toThrow('there is no base image images.example/env/mlflow:none');
    await expect(read(images, 'arm')).rejects.toThrow('is for linux/arm64, not for linux/amd64');
  });

  it('has a config with other bytes than its digest says', async () => {
    const images = memoryImages();
    const { descriptor } = await putBase(images, 'env/mlflow', { tag: 'v1' });
    images.blobs.set(json(images, descriptor.digest).config.digest, Buffer.from('{}'));

    await expect(read(images)).rejects.toThrow('another digest');
  });
});
