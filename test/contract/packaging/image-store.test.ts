import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { createBlobs } from '../../../shared/azure/blob/create-blobs.ts';
import { createBlobImageLayout } from '../../../shared/azure/container-registry/create-blob-image-layout.ts';
import type { Descriptor, ImageStore, StoredDocument } from '../../../shared/packaging/image/ports.ts';
import type { Blobs } from '../../../shared/platform/blobs.ts';
import { startTestAzurite } from '../../support/azurite.ts';

const descriptorOf = (content: string): Descriptor => ({
  mediaType: 'application/octet-stream',
  digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
  size: Buffer.byteLength(content),
});

const documentOf = (content: string): StoredDocument => ({
  descriptor: { ...descriptorOf(content), mediaType: 'application/vnd.oci.image.manifest.v1+json' },
  bytes: new TextEncoder().encode(content),
});

const streamOf = (content: string) => async () => Readable.from([Buffer.from(content)], { objectMode: false });

describe('an image layout in a blob container', () => {
  let azurite: Azurite;
  let blobs: Blobs;
  let images: ImageStore;
  beforeAll(async () => {
    azurite = await startTestAzurite();
    blobs = createBlobs({ connectionString: azurite.connectionString });
    images = createBlobImageLayout(blobs, 'images.example');
  });
  afterAll(() => azurite.close());

  const stored = async (path: string): Promise<string | undefined> => {
    const blob = await blobs.read('images', path);
    return blob && text(blob.stream);
  };

  const index = async () => JSON.parse((await stored('index.json')) ?? '{}');

  it('keeps a blob under its digest, as often as it is put', async () => {
    const blob = descriptorOf('layer');
    expect(await images.hasBlob('models/a', blob.digest)).toBe(false);

    await images.putBlob('models/a', blob, streamOf('layer'));
    await images.putBlob('models/a', blob, streamOf('layer'));

    expect(await images.hasBlob('models/a', blob.digest)).toBe(true);
    expect(await stored(`blobs/sha256/${blob.digest.slice(7)}`)).toBe('layer');
  });

  it.each([
    ['other content', 'tampered'],
    ['less content', 'expecte'],
    ['more content', 'expected and more'],
  ])('stores nothing when a blob turns out to have %s', async (_, content) => {
    const blob = descriptorOf('expected');

    await expect(images.putBlob('models/a', blob, streamOf(content))).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(await images.hasBlob('models/a', blob.digest)).toBe(false);
  });

  it('stores nothing when the source fails half way, and says so', async () => {
    const blob = descriptorOf('half');
    const source = async () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('ha');
          throw new Error('the source is gone');
        })(),
      );

    await expect(images.putBlob('models/a', blob, source)).rejects.toMatchObject({
      cause: { message: 'the source is gone' },
    });
    expect(await images.hasBlob('models/a', blob.digest)).toBe(false);
  });

  it('points a tag at the manifest that was put last, and keeps the other tags', async () => {
    const [first, second] = [documentOf('{"n":1}'), documentOf('{"n":2}')];
    await images.putManifest('models/a', 'v1', first);
    await images.putManifest('models/b', 'v1', first);
    await images.putManifest('models/a', 'v1', second);
    await images.putManifest('models/a', 'v1', second);

    const { schemaVersion, manifests } = await index();
    const tags = manifests.map((entry: { digest: string; annotations: Record<string, string> }) => [
      entry.annotations['org.opencontainers.image.ref.name'],
      entry.digest,
    ]);
    expect(schemaVersion).toBe(2);
    expect(tags).toEqual([
      ['models/b:v1', first.descriptor.digest],
      ['models/a:v1', second.descriptor.digest],
    ]);
    expect(await stored('oci-layout')).toBe('{"imageLayoutVersion":"1.0.0"}');
    expect(await stored(`blobs/sha256/${second.descriptor.digest.slice(7)}`)).toBe('{"n":2}');
  });

  it('loses no tag when many are put at once', async () => {
    const names = ['c', 'd', 'e', 'f', 'g', 'h'];
    await Promise.all(names.map((name) => images.putManifest(`models/${name}`, 'v1', documentOf(`{"of":"${name}"}`))));

    const { manifests } = await index();
    const tags = manifests.map(
      (entry: { annotations: Record<string, string> }) => entry.annotations['org.opencontainers.image.ref.name'],
    );
    expect(tags).toEqual(expect.arrayContaining(names.map((name) => `models/${name}:v1`)));
  });

  it('remembers layers by key', async () => {
    const fact = { ...descriptorOf('x'), diffId: descriptorOf('y').digest, files: [{ path: 'a', sha256: 'b' }] };
    expect(await images.recallLayer('key')).toBeUndefined();

    await images.rememberLayer('key', fact);
    await images.rememberLayer('key', fact);

    expect(await images.recallLayer('key')).toEqual(fact);
  });

  it('refuses what is no digest', async () => {
    await expect(images.hasBlob('models/a', 'sha256:../../x')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
  });
});
