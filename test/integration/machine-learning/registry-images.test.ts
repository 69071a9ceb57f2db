import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryImages as createPuller } from '../../../local/machine-learning/registry-images.ts';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import { layoutImage } from '../../support/machine-learning/oci-layout.ts';
import { descriptorOf, opener } from '../../support/packaging/oci-documents.ts';
import {
  haveRegistryTools,
  REGISTRY_USER,
  type RegistryServer,
  startRegistryServer,
} from '../../support/packaging/registry-server.ts';
import { ISSUER, type RegistryTokens, SERVICE, startRegistryTokens } from '../../support/packaging/registry-tokens.ts';

const installed = haveRegistryTools('pulling from a registry', 'docker-registry', 'openssl');

/** Stores a small image, and gives its reference. */
const push = async (url: string): Promise<string> => {
  const images = createRegistryImages({
    registry: `${url}/team`,
    credentials: { kind: 'basic', ...REGISTRY_USER },
    privateEgress: 'refuse',
  });
  const { digest, blobs } = await layoutImage({
    layers: [{ 'opt/model.txt': 'old' }, { 'opt/model.txt': 'new' }],
    config: { Entrypoint: ['node', 'main.mjs'] },
  });
  for (const [of, content] of blobs) {
    if (of !== digest) await images.putBlob('models/heart', descriptorOf(content), opener(content));
  }
  const bytes = new Uint8Array(blobs.get(digest) ?? []);
  const descriptor = descriptorOf(bytes, 'application/vnd.oci.image.manifest.v1+json');
  await images.putManifest('models/heart', { bytes, descriptor }, 'v1');
  return `${images.registry}/models/heart@${digest}`;
};

const start = {
  'asks nothing': async () => ({ server: await startRegistryServer() }),
  'asks for a password': async () => ({ server: await startRegistryServer({ auth: 'basic' }) }),
  'asks for a token': async () => {
    const tokens = await startRegistryTokens();
    const { realm, issuer } = tokens;
    const auth = { realm, service: SERVICE, issuer: ISSUER, cert: issuer.cert };
    return { tokens, server: await startRegistryServer({ auth }) };
  },
} satisfies Record<string, () => Promise<{ server: RegistryServer; tokens?: RegistryTokens }>>;

describe.skipIf(!installed).each(Object.entries(start))('images in a registry that %s', (_, starting) => {
  let started: { server: RegistryServer; tokens?: RegistryTokens };
  let reference: string;
  let dir: string;
  beforeAll(async () => {
    started = await starting();
    reference = await push(started.server.url);
  });
  afterAll(async () => {
    await Promise.all([started.server.close(), started.tokens?.close()]);
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-pull-'));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  const puller = (credentials: object = REGISTRY_USER) =>
    createPuller({ url: `${started.server.url}/team`, ...credentials, cacheDir: join(dir, 'layers') });

  it('are unpacked layer over layer', async () => {
    const config = await puller().pullImage(reference, join(dir, 'rootfs'));

    expect(config.Entrypoint).toEqual(['node', 'main.mjs']);
    expect(await readFile(join(dir, 'rootfs', 'opt', 'model.txt'), 'utf8')).toBe('new');
  });

  it('are pulled from no other registry, and not without a digest', async () => {
    const elsewhere = reference.replace('/team/', '/others/');
    await expect(puller().pullImage(elsewhere, dir)).rejects.toThrow('is not of the registry');
    await expect(puller().pullImage(reference.replace(/@.*/, ':v1'), dir)).rejects.toThrow('names no sha256 digest');
  });

  it('that are not there are said to be so', async () => {
    const absent = reference.replace(/[0-9a-f]{64}$/, '0'.repeat(64));
    await expect(puller().pullImage(absent, dir)).rejects.toThrow('answers 404');
  });
});
