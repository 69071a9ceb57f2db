import { execFile } from 'node:child_process';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import { type BuiltPackage, buildPackage } from '../../../shared/packaging/build-package.ts';
import { createFolderFiles } from '../../../shared/packaging/files/folder-files.ts';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { planLayers } from '../../../shared/packaging/image/layer.ts';
import type { ImageStore } from '../../../shared/packaging/image/ports.ts';
import type { ImageSigner } from '../../../shared/packaging/image/sign-image.ts';
import { storeLayers } from '../../../shared/packaging/image/store-layers.ts';
import { verifyPackage } from '../../../shared/packaging/verify-package.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { DOCKER, putBase } from '../../support/packaging/base-images.ts';
import { exampleModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { packageRequest } from '../../support/packaging/package-request.ts';
import { startRegistryProxy } from '../../support/packaging/registry-proxy.ts';
import {
  haveRegistryTools,
  type RegistryServer,
  startRegistryServer,
} from '../../support/packaging/registry-server.ts';

const run = promisify(execFile);

const installed = haveRegistryTools('packages in a registry', 'docker-registry', 'skopeo', 'umoci', 'openssl');

const craneInstalled = haveRegistryTools('the second opinion on packages', 'crane');

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const signer: ImageSigner = { publicKey: async () => pem, sign: async (bytes) => sign('sha256', bytes, privateKey) };

/** sha256 of every file below a folder, by path. */
const filesBelow = async (folder: string): Promise<Record<string, string>> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const digests = files.map(async (file) => {
    const digest = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    return [file.slice(folder.length + 1), digest] as const;
  });
  return Object.fromEntries(await Promise.all(digests));
};

describe.skipIf(!installed)('a package in a registry', () => {
  let server: RegistryServer;
  let folder: string;
  let images: ImageStore;
  let built: BuiltPackage;
  const sent: string[] = [];
  const layerFacts = memoryLayerFacts();
  const request = () => packageRequest(createFolderFiles(join(folder, 'model')));
  const services = () => ({
    images,
    layerFacts,
    server: memoryFiles({ 'main.mjs': 'console.log(1)\n' }),
    base: { repository: 'base/node', reference: '24' },
    clock: systemClock,
    signer,
  });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-package-'));
    server = await startRegistryServer();
    const store = createRegistryImages({
      registry: server.url,
      credentials: { kind: 'anonymous' },
      privateEgress: 'refuse',
    });
    images = {
      ...store,
      putBlob: (repository, blob, open) => {
        sent.push(blob.digest);
        return store.putBlob(repository, blob, open);
      },
      writeBlob: async (...args) => {
        const descriptor = await store.writeBlob(...args);
        sent.push(descriptor.digest);
        return descriptor;
      },
    };
    // No archive in its layers: what unpacks them reads an empty one.
    const empty = '\0'.repeat(1024);
    await putBase(store, 'base/node', { types: DOCKER, layers: [empty], tag: '24' });
    await cp(exampleModel('v2'), join(folder, 'model'), { recursive: true });
    await mkdir(join(folder, 'model/data'));
    await writeFile(join(folder, 'model/data', `${'naïve-'.repeat(22)}.bin`), Buffer.alloc(3_000_000, 'x'));
    built = await buildPackage(services(), await request());
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is unpacked by umoci to the files of the model, byte for byte', async () => {
    const layout = join(folder, 'layout');
    await run('skopeo', ['copy', '--src-tls-verify=false', `docker://${built.image}`, `oci:${layout}:v2`]);
    await run('umoci', ['unpack', '--rootless', '--image', `${layout}:v2`, join(folder, 'bundle')]);

    expect(await filesBelow(join(folder, 'bundle/rootfs/opt/ml/model'))).toEqual(
      await filesBelow(join(folder, 'model')),
    );
  });

  it.skipIf(!craneInstalled)('is whole and true to its digests, as crane validates it', async () => {
    const { stdout } = await run('crane', ['validate', '--insecure', '--remote', built.image]);

    expect(stdout).toMatch(/^PASS/m);
  });

  it('is an image of OCI on a base of docker, as skopeo reads it', async () => {
    const { stdout } = await run('skopeo', ['inspect', '--tls-verify=false', `docker://${built.image}`]);

    expect(JSON.parse(stdout)).toMatchObject({
      Digest: built.digest,
      Labels: { 'io.slipway.model.name': 'heart-classifier', 'io.slipway.model.version': '2' },
      Architecture: 'amd64',
    });
  });

  it('carries a signature under the tag that cosign looks for, which openssl verifies', async () => {
    const tag = `${built.digest.replace(':', '-')}.sig`;
    const image = `docker://${server.host}/${built.repository}:${tag}`;
    const { stdout } = await run('skopeo', ['inspect', '--raw', '--tls-verify=false', image]);
    const [layer] = JSON.parse(stdout).layers;
    const signature = layer.annotations['dev.cosignproject.cosign/signature'];
    await writeFile(join(folder, 'key.pem'), pem);
    await writeFile(join(folder, 'signature'), Buffer.from(signature, 'base64'));
    await writeFile(join(folder, 'payload'), await buffer(await images.readBlob(built.repository, layer.digest)));

    const files = ['-signature', join(folder, 'signature'), join(folder, 'payload')];
    await run('openssl', ['dgst', '-sha256', '-verify', join(folder, 'key.pem'), ...files]);
    const payload = JSON.parse(await readFile(join(folder, 'payload'), 'utf8'));
    expect(payload.critical.image).toEqual({ 'docker-manifest-digest': built.digest });
  });

  it('is pushed again without a byte of a blob', async () => {
    const before = sent.length;
    const again = await buildPackage(services(), await request());

    expect(sent.slice(before)).toEqual([]);
    expect(again).toMatchObject({ digest: built.digest, sbom: built.sbom, signature: built.signature, sentBytes: 0 });
  });

  it('has the same digest when its upload breaks off and goes on, and its files are opened where it stopped', async () => {
    const proxy = await startRegistryProxy(server.url);
    const files = createFolderFiles(join(folder, 'model'));
    const opened: number[] = [];
    const watched: ModelFiles = {
      ...files,
      open: (path, offset = 0) => {
        if (offset > 0) opened.push(offset);
        return files.open(path, offset);
      },
    };
    const cuts = [2_500_000, 200_000, 1].map((afterBytes) => ({ kind: 'cut-and-keep', afterBytes }) as const);
    proxy.faults.push(...cuts.map((does) => ({ method: 'PATCH', path: 'models/again', does })));
    try {
      const again = createRegistryImages({
        registry: `http://${proxy.host}`,
        credentials: { kind: 'anonymous' },
        privateEgress: 'refuse',
        wait: async () => {},
      });
      const { listing } = await packageRequest(files);
      const plans = planLayers({ title: 'model', root: 'opt/ml/model', files: watched, listing });
      const using = { images: again, layerFacts: memoryLayerFacts() };
      const [layer] = await storeLayers(using, 'models/again', plans);
      const unbroken = built.layers.at(-1);

      expect(proxy.faults).toEqual([]);
      expect(plans).toHaveLength(1);
      expect(layer).toMatchObject({ digest: unbroken?.digest, key: unbroken?.key, arrival: 'sent' });
      expect(layer).toMatchObject(
        await layerFacts.recall(unbroken?.key ?? '').then((fact) => ({ ...fact, repositories: [] })),
      );
      expect(opened).toHaveLength(3);
      expect(Math.min(...opened)).toBeGreaterThan(2_000_000);
    } finally {
      await proxy.close();
    }
  });

  it('is equal to what its files give, and told apart when one of them changed', async () => {
    expect(await verifyPackage(services(), await request(), built.digest)).toMatchObject({ kind: 'equal' });

    await writeFile(join(folder, 'model/new.txt'), 'new');
    expect(await verifyPackage(services(), await request(), built.digest)).toMatchObject({
      kind: 'different',
      differences: expect.arrayContaining([{ where: 'file', path: 'opt/ml/model/new.txt', what: 'missing' }]),
    });
  });
});
