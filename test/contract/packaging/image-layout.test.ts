import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { createBlobs } from '../../../shared/azure/blob/create-blobs.ts';
import { createBlobImageLayout } from '../../../shared/azure/container-registry/create-blob-image-layout.ts';
import { createBlobLayerFacts } from '../../../shared/azure/container-registry/create-blob-layer-facts.ts';
import type { ImageStore, LayerFacts } from '../../../shared/packaging/image/ports.ts';
import type { Blobs } from '../../../shared/platform/blobs.ts';
import { startTestAzurite } from '../../support/azurite.ts';
import { artifactFor, descriptorOf, digestOf, opener, smallImage } from '../../support/packaging/oci-documents.ts';

let azurite: Azurite;
let blobs: Blobs;
let images: ImageStore;
let layerFacts: LayerFacts;
beforeAll(async () => {
  azurite = await startTestAzurite();
  blobs = createBlobs({ connectionString: azurite.connectionString });
  images = createBlobImageLayout(blobs, 'images.example');
  layerFacts = createBlobLayerFacts(blobs);
});
afterAll(() => azurite.close());

const stored = async (path: string): Promise<string | undefined> => {
  const blob = await blobs.read('images', path);
  return blob && text(blob.stream);
};

const pathOf = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

interface Entry {
  readonly digest: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const index = async (): Promise<{ schemaVersion: number; manifests: readonly Entry[] }> =>
  JSON.parse((await stored('index.json')) ?? '{}');

describe('an image layout in a blob container', () => {
  it('keeps a blob under its digest', async () => {
    const blob = descriptorOf('layer');
    await images.putBlob('models/a', blob, opener('layer'));
    expect(await stored(pathOf(blob.digest))).toBe('layer');
  });

  it('names a manifest by repository and tag in its index', async () => {
    const first = await smallImage(images, 'models/a', 'one');
    const second = await smallImage(images, 'models/a', 'two');
    await images.putManifest('models/a', first, 'v1');
    await images.putManifest('models/b', first, 'v1');
    await images.putManifest('models/a', second, 'v1');
    await images.putManifest('models/a', second, 'v1');

    const { schemaVersion, manifests } = await index();
    expect(schemaVersion).toBe(2);
    expect(manifests.map((entry) => [entry.annotations['org.opencontainers.image.ref.name'], entry.digest])).toEqual([
      ['models/b:v1', first.descriptor.digest],
      ['models/a:v1', second.descriptor.digest],
    ]);
    expect(await stored('oci-layout')).toBe('{"imageLayoutVersion":"1.0.0"}');
    expect(await stored(pathOf(second.descriptor.digest))).toBe(new TextDecoder().decode(second.bytes));
  });

  it('keeps the bytes of a manifest that another repository has too', async () => {
    const shared = await smallImage(images, 'models/s', 'shared');
    const { digest } = shared.descriptor;
    await images.putManifest('models/s', shared, 'v1');
    await images.putManifest('models/t', shared);

    await images.deleteManifest('models/s', digest);
    expect(await images.listTags('models/s')).toEqual([]);
    expect(await stored(pathOf(digest))).toBeDefined();

    await images.deleteManifest('models/t', digest);
    expect(await stored(pathOf(digest))).toBeUndefined();
  });

  it('loses no tag when many are put at once', async () => {
    const names = ['c', 'd', 'e', 'f', 'g', 'h'];
    await Promise.all(
      names.map(async (name) =>
        images.putManifest(`models/${name}`, await smallImage(images, `models/${name}`, name), 'v1'),
      ),
    );

    const { manifests } = await index();
    expect(manifests.map(({ annotations }) => annotations['org.opencontainers.image.ref.name'])).toEqual(
      expect.arrayContaining(names.map((name) => `models/${name}:v1`)),
    );
  });

  it('loses no referrer when several are put at once', async () => {
    const { descriptor } = await smallImage(images, 'models/r', 'subject');
    const added = await Promise.all(
      ['x', 'y', 'z'].map(async (name) => {
        const artifact = await artifactFor(images, 'models/r', descriptor, name);
        await images.putReferrer('models/r', artifact);
        return artifact.descriptor.digest;
      }),
    );

    const listed = await images.listReferrers('models/r', descriptor.digest);
    expect(listed.map(({ digest }) => digest)).toEqual(added.toSorted());
  });

  it('says that it holds other bytes than a manifest had, should somebody have changed them', async () => {
    const manifest = await smallImage(images, 'models/u', 'changed');
    await images.putManifest('models/u', manifest, 'v1');
    await blobs.write('images', pathOf(manifest.descriptor.digest), '{"schemaVersion":2}');

    await expect(images.readManifest('models/u', 'v1')).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});

describe('layer facts in a blob container', () => {
  const fact = {
    ...descriptorOf('x'),
    diffId: digestOf('y'),
    files: [{ path: 'a', sha256: 'b' }],
    repositories: [],
  };

  it('are remembered by key, with every repository that has the layer', async () => {
    expect(await layerFacts.recall('key')).toBeUndefined();

    await layerFacts.remember('key', fact, 'models/a');
    await layerFacts.remember('key', fact, 'models/a');
    expect(await layerFacts.recall('key')).toEqual({ ...fact, repositories: ['models/a'] });

    await layerFacts.remember('key', fact, 'models/b');
    expect(await layerFacts.recall('key')).toEqual({ ...fact, repositories: ['models/a', 'models/b'] });
  });

  it('keep the latest sixteen repositories', async () => {
    for (let at = 0; at < 18; at += 1) await layerFacts.remember('many', fact, `models/m${at}`);

    const { repositories = [] } = (await layerFacts.recall('many')) ?? {};
    expect([repositories.length, repositories[0], repositories.at(-1)]).toEqual([16, 'models/m2', 'models/m17']);
  });

  it('are nothing known when somebody wrote something else there', async () => {
    await blobs.write('images', 'layer-facts/odd.json', '{"digest":1}');
    expect(await layerFacts.recall('odd')).toBeUndefined();

    await layerFacts.remember('odd', fact, 'models/a');
    expect(await layerFacts.recall('odd')).toMatchObject({ digest: fact.digest });
  });
});
