import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { createBlobImages } from '../../../local/machine-learning/blob-images.ts';
import { startTestAzurite } from '../../support/azurite.ts';
import { layoutImage, pushImage } from '../../support/machine-learning/oci-layout.ts';

let azurite: Azurite;
let container: ContainerClient;
let dir: string;

beforeAll(async () => {
  azurite = await startTestAzurite();
  container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('images');
});
afterAll(() => azurite.close());
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'images-'));
});
afterEach(() => rm(dir, { recursive: true }));

const IMAGE = {
  layers: [{ 'opt/base': 'base', 'opt/model': '1' }, { 'opt/model': '2' }],
  config: { Entrypoint: ['node', '/opt/base'] },
};

describe('createBlobImages', () => {
  it('unpacks the layers in order and returns the config', async () => {
    const images = createBlobImages({ container, cacheDir: join(dir, 'layers') });
    const config = await images.pullImage(await pushImage(container, IMAGE), join(dir, '.'));
    expect(config).toEqual({ Entrypoint: ['node', '/opt/base'] });
    expect(await readFile(join(dir, 'opt/model'), 'utf8')).toBe('2');
  });

  it('fetches a layer once: later pulls need only its digest', async () => {
    const images = createBlobImages({ container, cacheDir: join(dir, 'layers') });
    const reference = await pushImage(container, IMAGE);
    await images.pullImage(reference, join(dir, '.'));
    const { blobs } = await layoutImage(IMAGE);
    // Manifest and config are JSON, layers start with the gzip magic.
    for (const [digest, content] of blobs) {
      if (content[0] === 0x1f) await container.deleteBlob(`blobs/${digest.replace(':', '/')}`);
    }
    const again = createBlobImages({ container, cacheDir: join(dir, 'layers') });
    await again.pullImage(reference, join(dir, '.'));
    expect(await readFile(join(dir, 'opt/base'), 'utf8')).toBe('base');
  });

  it.each([
    { which: 'manifest', pick: (content: Buffer) => content.includes('schemaVersion') },
    { which: 'layer', pick: (content: Buffer) => content[0] === 0x1f },
  ])('refuses a $which that has another digest', async ({ pick, which }) => {
    const image = { layers: [{ [`opt/${which}`]: 'x' }] };
    const reference = await pushImage(container, image);
    const { blobs } = await layoutImage(image);
    const [digest, content] = [...blobs].find(([, each]) => pick(each)) ?? ['', Buffer.alloc(0)];
    // Still a gzip of the same tar, or the same JSON: only its hash tells.
    const changed =
      content[0] === 0x1f
        ? Buffer.concat([content.subarray(0, 4), Buffer.from([1]), content.subarray(5)])
        : Buffer.concat([content, Buffer.from(' ')]);
    await container.getBlockBlobClient(`blobs/${digest.replace(':', '/')}`).upload(changed, changed.length);
    const images = createBlobImages({ container, cacheDir: join(dir, 'layers') });
    await expect(images.pullImage(reference, join(dir, '.'))).rejects.toThrow('has the digest');
  });

  it('refuses a reference without a digest, and says when a blob is not there', async () => {
    const images = createBlobImages({ container, cacheDir: join(dir, 'layers') });
    await expect(images.pullImage('registry/heart:latest', dir)).rejects.toThrow('names no sha256 digest');
    await expect(images.pullImage(`registry/heart@sha256:${'0'.repeat(64)}`, dir)).rejects.toThrow(
      /BlobNotFound|does not exist/,
    );
  });
});
