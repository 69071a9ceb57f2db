import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import { tarLayer } from '../../support/machine-learning/oci-layout.ts';
import { artifactFor, descriptorOf, digestOf, documentOf, opener } from '../../support/packaging/oci-documents.ts';
import {
  haveRegistryTools,
  type RegistryServer,
  startRegistryServer,
} from '../../support/packaging/registry-server.ts';

const run = promisify(execFile);

const installed = haveRegistryTools('what other tools read in a registry', 'docker-registry', 'skopeo', 'umoci');

const FILES = {
  'opt/ml/model/MLmodel': 'flavors: {}\n',
  'opt/ml/model/weights.txt': randomBytes(1_000_000).toString('hex'),
};

describe.skipIf(!installed)('an image that was stored in a registry', () => {
  let server: RegistryServer;
  let folder: string;
  let image: string;
  let digest: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-tools-'));
    server = await startRegistryServer();
    const images = createRegistryImages({
      registry: `${server.url}/team`,
      credentials: { kind: 'anonymous' },
      privateEgress: 'refuse',
    });
    const layer = await tarLayer(FILES);
    const stored = await images.writeBlob(
      'models/heart',
      { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: layer.length },
      opener(layer),
    );
    const config = JSON.stringify({
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { 'io.slipway.model.name': 'heart' } },
      rootfs: { type: 'layers', diff_ids: [digestOf(gunzipSync(layer))] },
      history: [{ created: '1980-01-01T00:00:00Z', created_by: 'test' }],
    });
    const configDescriptor = descriptorOf(config, 'application/vnd.oci.image.config.v1+json');
    await images.putBlob('models/heart', configDescriptor, opener(config));
    const manifest = documentOf({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: configDescriptor,
      layers: [stored],
    });
    await images.putManifest('models/heart', manifest, 'v2');
    await images.putReferrer('models/heart', await artifactFor(images, 'models/heart', manifest.descriptor, 'bom'));
    digest = manifest.descriptor.digest;
    image = `${images.registry}/models/heart`;
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('is what skopeo says of it', async () => {
    const { stdout } = await run('skopeo', ['inspect', '--tls-verify=false', `docker://${image}@${digest}`]);

    expect(JSON.parse(stdout)).toMatchObject({
      Name: image,
      Digest: digest,
      RepoTags: expect.arrayContaining(['v2', digest.replace(':', '-')]),
      Labels: { 'io.slipway.model.name': 'heart' },
    });
  });

  it('is copied by skopeo without a change, and unpacked by umoci to the same files', async () => {
    const layout = join(folder, 'layout');
    await run('skopeo', ['copy', '--src-tls-verify=false', `docker://${image}:v2`, `oci:${layout}:v2`]);
    await run('umoci', ['unpack', '--rootless', '--image', `${layout}:v2`, join(folder, 'bundle')]);

    const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
    expect(manifests).toMatchObject([{ digest }]);
    for (const [path, content] of Object.entries(FILES)) {
      expect(await readFile(join(folder, 'bundle', 'rootfs', path), 'utf8')).toBe(content);
    }
  });

  it('has an index of what refers to it, which skopeo reads as one', async () => {
    const { stdout } = await run('skopeo', [
      ...['inspect', '--raw', '--tls-verify=false'],
      `docker://${image}:${digest.replace(':', '-')}`,
    ]);

    expect(JSON.parse(stdout)).toMatchObject({
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [{ artifactType: 'application/vnd.cyclonedx+json', annotations: { text: 'bom' } }],
    });
  });
});
