import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFolderBlobs } from '../../../cli/folder-blobs.ts';
import { createBlobs } from '../../../shared/azure/blob/create-blobs.ts';
import { createBlobImageLayout } from '../../../shared/azure/container-registry/create-blob-image-layout.ts';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import type { ImageStore } from '../../../shared/packaging/image/ports.ts';
import { startTestAzurite } from '../../support/azurite.ts';
import { memoryImages } from '../../support/packaging/memory-images.ts';
import {
  artifactFor,
  descriptorOf,
  digestOf,
  documentOf,
  opener,
  smallImage,
} from '../../support/packaging/oci-documents.ts';
import {
  createCertificate,
  haveRegistryTools,
  REGISTRY_USER,
  startRegistryServer,
} from '../../support/packaging/registry-server.ts';
import { ENTRA_TOKEN, ISSUER, SERVICE, startRegistryTokens } from '../../support/packaging/registry-tokens.ts';

interface Started {
  readonly images: ImageStore;
  close(): Promise<void>;
}

const inMemory = async (): Promise<Started> => ({ images: memoryImages(), close: async () => undefined });

const layout = async (): Promise<Started> => {
  const azurite = await startTestAzurite();
  const blobs = createBlobs({ connectionString: azurite.connectionString });
  return { images: createBlobImageLayout(blobs, 'images.example'), close: () => azurite.close() };
};

const folder = async (): Promise<Started> => {
  const path = await mkdtemp(join(tmpdir(), 'image-layout-'));
  return {
    images: createBlobImageLayout(createFolderBlobs(path), 'images.example'),
    close: () => rm(path, { recursive: true }),
  };
};

const anonymous = async (): Promise<Started> => {
  const server = await startRegistryServer();
  const images = createRegistryImages({
    registry: `${server.url}/team`,
    credentials: { kind: 'anonymous' },
    privateEgress: 'refuse',
  });
  return { images, close: server.close };
};

const basic = async (): Promise<Started> => {
  const tls = await createCertificate();
  const server = await startRegistryServer({ tls, auth: 'basic' });
  const images = createRegistryImages({
    registry: server.host,
    credentials: { kind: 'basic', ...REGISTRY_USER },
    privateEgress: 'refuse',
    ca: tls.cert,
  });
  return { images, close: server.close };
};

const entra = async (): Promise<Started> => {
  const tokens = await startRegistryTokens();
  const { realm, issuer } = tokens;
  const server = await startRegistryServer({
    auth: { realm, service: SERVICE, issuer: ISSUER, cert: issuer.cert },
  });
  const credential = { getToken: async () => ({ token: ENTRA_TOKEN, expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const images = createRegistryImages({
    registry: server.url,
    credentials: { kind: 'entra', credential },
    privateEgress: 'refuse',
  });
  return {
    images,
    close: async () => {
      await Promise.all([server.close(), tokens.close()]);
    },
  };
};

const installed = haveRegistryTools('image stores in a registry', 'docker-registry', 'openssl');

const STORES: readonly (readonly [string, () => Promise<Started>])[] = [
  ['in memory', inMemory],
  ['as a layout in a blob container', layout],
  ['as a layout in a folder', folder],
  ...(installed
    ? ([
        ['in a registry that asks nothing', anonymous],
        ['in a registry that asks for a password over TLS', basic],
        ['in a registry that takes tokens for those of Entra', entra],
      ] as const)
    : []),
];

describe.each(STORES)('an image store %s', (_, start) => {
  let started: Started;
  let images: ImageStore;
  beforeAll(async () => {
    started = await start();
    images = started.images;
  });
  afterAll(() => started.close());

  it('keeps a blob, as often as it is put', async () => {
    const blob = descriptorOf('layer');
    expect(await images.hasBlob('models/a', blob.digest)).toBe(false);

    await images.putBlob('models/a', blob, opener('layer'));
    await images.putBlob('models/a', blob, opener('layer'));

    expect(await images.hasBlob('models/a', blob.digest)).toBe(true);
    expect(await text(await images.readBlob('models/a', blob.digest))).toBe('layer');
  });

  it.each([
    ['nothing', 0],
    ['one byte', 1],
    ['several megabytes', 3 * 1024 * 1024 + 17],
  ])('learns the digest of %s while it is written', async (_what, size) => {
    const content = randomBytes(size);

    const written = await images.writeBlob('models/a', { mediaType: 'application/x-layer', size }, opener(content));

    expect(written).toEqual({ mediaType: 'application/x-layer', digest: digestOf(content), size });
    expect(await images.hasBlob('models/a', written.digest)).toBe(true);
  });

  it.each([
    ['other content', 'tampered'],
    ['less content', 'expecte'],
    ['more content', 'expected and more'],
  ])('stores nothing when a blob turns out to have %s', async (_what, content) => {
    const blob = descriptorOf('expected');

    await expect(images.putBlob('models/a', blob, opener(content))).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(await images.hasBlob('models/a', blob.digest)).toBe(false);
  });

  it.each([
    ['shorter', 'expecte'],
    ['longer', 'expected and more'],
  ])('stores nothing when what is written turns out %s than it should be', async (_what, content) => {
    const written = images.writeBlob('models/a', { mediaType: 'text/plain', size: 8 }, opener(content));

    await expect(written).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(await images.hasBlob('models/a', digestOf(content))).toBe(false);
  });

  it('stores nothing when the source fails half way', async () => {
    const blob = descriptorOf('half');
    const source = async () =>
      Readable.from(
        (async function* () {
          yield Buffer.from('ha');
          throw new Error('the source is gone');
        })(),
        { objectMode: false },
      );

    await expect(images.putBlob('models/a', blob, source)).rejects.toThrow();
    expect(await images.hasBlob('models/a', blob.digest)).toBe(false);
  });

  it('makes a blob of one repository one of another', async () => {
    const blob = descriptorOf('to be mounted');
    await images.putBlob('models/from', blob, opener('to be mounted'));

    expect(await images.mountBlob('models/to', blob.digest, 'models/from')).toBe(true);
    expect(await text(await images.readBlob('models/to', blob.digest))).toBe('to be mounted');
  });

  it('does not mount what is not there', async () => {
    expect(await images.mountBlob('models/to', digestOf('nowhere'), 'models/from')).toBe(false);
  });

  it('says that a blob is not there when it is read', async () => {
    await expect(images.readBlob('models/a', digestOf('absent'))).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });

  it('gives a manifest by its tag and by its digest', async () => {
    const manifest = await smallImage(images, 'models/m', 'one');
    await images.putManifest('models/m', manifest, 'v1');

    expect(await images.readManifest('models/m', 'v1')).toEqual(manifest);
    expect(await images.readManifest('models/m', manifest.descriptor.digest)).toEqual(manifest);
  });

  it('has no manifest under an unknown tag, digest or repository', async () => {
    expect(await images.readManifest('models/m', 'v99')).toBeUndefined();
    expect(await images.readManifest('models/m', digestOf('absent'))).toBeUndefined();
    expect(await images.readManifest('models/nobody', 'v1')).toBeUndefined();
  });

  it('points a tag at the manifest that was put last, and keeps the others', async () => {
    const [first, second] = [await smallImage(images, 'models/t', '1'), await smallImage(images, 'models/t', '2')];
    await images.putManifest('models/t', first, 'v1');
    await images.putManifest('models/t', first, 'kept');
    await images.putManifest('models/t', second, 'v1');
    await images.putManifest('models/t', second, 'v1');

    expect(await images.readManifest('models/t', 'v1')).toEqual(second);
    expect(await images.readManifest('models/t', 'kept')).toEqual(first);
    expect(await images.listTags('models/t')).toEqual(['kept', 'v1']);
  });

  it('has no tags where there is no repository', async () => {
    expect(await images.listTags('models/nobody')).toEqual([]);
  });

  it('keeps an index of images', async () => {
    const manifest = await smallImage(images, 'models/i', 'amd64');
    await images.putManifest('models/i', manifest);
    const index = documentOf({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ ...manifest.descriptor, platform: { os: 'linux', architecture: 'amd64' } }],
    });
    await images.putManifest('models/i', index, 'all');

    expect(await images.readManifest('models/i', 'all')).toEqual(index);
    expect(await images.listTags('models/i')).toEqual(['all']);
  });

  it('lists what refers to an image by digest, once each', async () => {
    const image = await smallImage(images, 'models/r', 'subject');
    await images.putManifest('models/r', image, 'v1');
    expect(await images.listReferrers('models/r', image.descriptor.digest)).toEqual([]);
    const artifacts = [
      await artifactFor(images, 'models/r', image.descriptor, 'bom one'),
      await artifactFor(images, 'models/r', image.descriptor, 'bom two'),
    ];

    for (const artifact of [...artifacts, ...artifacts]) await images.putReferrer('models/r', artifact);

    const expected = artifacts.map((artifact, at) => ({
      ...artifact.descriptor,
      artifactType: 'application/vnd.cyclonedx+json',
      annotations: { text: at === 0 ? 'bom one' : 'bom two' },
    }));
    expect(await images.listReferrers('models/r', image.descriptor.digest)).toEqual(
      expected.toSorted((a, b) => (a.digest < b.digest ? -1 : 1)),
    );
    expect(await images.listTags('models/r')).toEqual(['v1']);
    expect(await images.readManifest('models/r', artifacts[0]?.descriptor.digest ?? '')).toEqual(artifacts[0]);
  });

  it('refuses a referrer that names no subject', async () => {
    const manifest = await smallImage(images, 'models/r', 'no subject');
    await expect(images.putReferrer('models/r', manifest)).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  });

  it('deletes a manifest with its tags, as often as it is asked to', async () => {
    const [gone, kept] = [await smallImage(images, 'models/d', 'gone'), await smallImage(images, 'models/d', 'kept')];
    await images.putManifest('models/d', gone, 'v1');
    await images.putManifest('models/d', gone, 'latest');
    await images.putManifest('models/d', kept, 'v2');

    await images.deleteManifest('models/d', gone.descriptor.digest);
    await images.deleteManifest('models/d', gone.descriptor.digest);

    expect(await images.listTags('models/d')).toEqual(['v2']);
    expect(await images.readManifest('models/d', gone.descriptor.digest)).toBeUndefined();
    expect(await images.readManifest('models/d', 'v2')).toEqual(kept);
  });

  it('lists a referrer no longer once it is deleted', async () => {
    const image = await smallImage(images, 'models/e', 'subject');
    await images.putManifest('models/e', image, 'v1');
    const [gone, kept] = [
      await artifactFor(images, 'models/e', image.descriptor, 'gone'),
      await artifactFor(images, 'models/e', image.descriptor, 'kept'),
    ];
    await images.putReferrer('models/e', gone);
    await images.putReferrer('models/e', kept);

    await images.deleteManifest('models/e', gone.descriptor.digest);

    const left = await images.listReferrers('models/e', image.descriptor.digest);
    expect(left.map(({ digest }) => digest)).toEqual([kept.descriptor.digest]);
  });

  it('refuses what is no digest', async () => {
    await expect(images.hasBlob('models/a', 'sha256:../../x')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
    await expect(images.deleteManifest('models/a', 'v1')).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  });
});
