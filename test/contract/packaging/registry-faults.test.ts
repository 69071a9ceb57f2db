import { randomBytes } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryImages } from '../../../shared/azure/container-registry/create-registry-images.ts';
import type { ImageStore, OpenAt } from '../../../shared/packaging/image/ports.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { descriptorOf, digestOf, documentOf, opener, smallImage } from '../../support/packaging/oci-documents.ts';
import { type Fault, type RegistryProxy, startRegistryProxy } from '../../support/packaging/registry-proxy.ts';
import {
  haveRegistryTools,
  type RegistryServer,
  startRegistryServer,
} from '../../support/packaging/registry-server.ts';

const MB = 1024 * 1024;
const SIZE = 10 * MB + 12_345;

const installed = haveRegistryTools('uploads to a registry that fails', 'docker-registry');

describe.skipIf(!installed)('an upload to a registry that fails', () => {
  let server: RegistryServer;
  let proxy: RegistryProxy;
  let images: ImageStore;
  let direct: ImageStore;
  let waits: number[];
  beforeAll(async () => {
    server = await startRegistryServer();
    direct = createRegistryImages({
      registry: server.url,
      credentials: { kind: 'anonymous' },
      privateEgress: 'refuse',
    });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    proxy = await startRegistryProxy(server.url);
    waits = [];
    images = createRegistryImages({
      registry: `http://${proxy.host}`,
      credentials: { kind: 'anonymous' },
      privateEgress: 'refuse',
      wait: async (ms) => {
        waits.push(ms);
      },
    });
    return () => proxy.close();
  });

  const patch = (does: Fault['does']): Fault => ({ method: 'PATCH', does });
  const put = (does: Fault['does']): Fault => ({ method: 'PUT', path: 'digest=', does });
  const answer = (status: number, headers: Record<string, string> = {}): Fault['does'] => ({
    kind: 'answer',
    status,
    headers,
  });
  const cut = (afterBytes: number): Fault['does'] => ({ kind: 'cut', afterBytes });
  const keep = (afterBytes: number): Fault['does'] => ({ kind: 'cut-and-keep', afterBytes });
  const says = (bytes: number): Fault['does'] => ({ kind: 'change-answer', headers: { range: `0-${bytes - 1}` } });
  const lost: Fault['does'] = { kind: 'lose-answer' };

  const MATRIX: readonly (readonly [string, readonly Fault[]])[] = [
    ['asks for patience', [patch(answer(429, { 'retry-after': '1' }))]],
    ['is not there for a moment', [patch(answer(503))]],
    ['opens no session at first', [{ method: 'POST', does: answer(502) }]],
    ['breaks off in the middle', [patch(cut(4 * MB))]],
    ['breaks off twice', [patch(cut(4 * MB)), patch(cut(3 * MB))]],
    ['breaks off in the middle and keeps what it has', [patch(keep(4 * MB))]],
    ['breaks off within a chunk and keeps what it has', [patch(keep(3 * MB + 7)), patch(keep(2 * MB + 1))]],
    ['breaks off within a chunk', [patch(cut(3 * MB + 7))]],
    ['breaks off before anything came', [patch(cut(1))]],
    ['breaks off six times, each time further on', Array.from({ length: 6 }, () => patch(keep(1.5 * MB)))],
    ['loses the answer to the content', [patch(lost)]],
    ['loses the answer to a stored blob', [put(lost)]],
    ['fails while it stores', [put(answer(500))]],
    ['has forgotten the session when it should store', [put(answer(404))]],
    [
      'has forgotten the session after a break',
      [patch(cut(4 * MB)), { method: 'GET', path: 'uploads', does: answer(404) }],
    ],
    ['cannot go on after a break', [patch(keep(4 * MB)), patch(answer(416))]],
    ['kept only a part of what it took', [patch(says(4 * MB)), put(answer(400))]],
    ['kept nothing of what came after a break', [patch(keep(4 * MB)), patch(says(4 * MB))]],
    ['counts in its own way', [patch(says(1))]],
    ['mixed up a session that was gone on with', [patch(keep(4 * MB)), put(answer(400))]],
  ];

  it.each(MATRIX)('is complete when it %s', async (_, faults) => {
    const content = randomBytes(SIZE);
    proxy.faults.push(...faults);

    const written = await images.writeBlob('models/a', { mediaType: 'x/y', size: SIZE }, opener(content));

    expect(written.digest).toBe(digestOf(content));
    expect(await direct.hasBlob('models/a', written.digest)).toBe(true);
    expect(proxy.faults).toEqual([]);
  });

  it('does not send again what the registry has', async () => {
    const content = randomBytes(SIZE);
    proxy.faults.push(patch(keep(8 * MB)));

    await images.writeBlob('models/a', { mediaType: 'x/y', size: SIZE }, opener(content));

    // What was on its way when the connection broke is sent twice.
    expect(proxy.bodyBytes()).toBeLessThan(SIZE + 4 * MB);
  });

  it('waits as long as the registry asks', async () => {
    const content = randomBytes(100);
    proxy.faults.push(patch(answer(429, { 'retry-after': '7' })));

    await images.writeBlob('models/a', { mediaType: 'x/y', size: 100 }, opener(content));

    expect(waits).toHaveLength(1);
    expect(waits[0]).toBeGreaterThanOrEqual(7_000);
    expect(waits[0]).toBeLessThan(8_000);
  });

  it('gives up after five attempts, and leaves no session behind', async () => {
    proxy.faults.push(...Array.from({ length: 9 }, () => patch(answer(503))));

    const written = images.writeBlob('models/a', { mediaType: 'x/y', size: 100 }, opener(randomBytes(100)));

    await expect(written).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    const count = (what: string): number => proxy.seen.filter((line) => line.startsWith(what)).length;
    expect([count('PATCH'), count('POST'), count('DELETE')]).toEqual([5, 5, 5]);
    expect(waits.every((ms, at) => ms >= 250 * 2 ** at && ms <= 500 * 2 ** at)).toBe(true);
  });

  it.each([
    [403, 'PERMISSION_DENIED'],
    [413, 'PAYLOAD_TOO_LARGE'],
  ])('ends at once when the registry says %i, with what it said', async (status, code) => {
    proxy.faults.push(patch(answer(status)));

    const written = images.writeBlob('models/a', { mediaType: 'x/y', size: SIZE }, opener(randomBytes(SIZE)));

    await expect(written).rejects.toMatchObject({ code, message: expect.stringContaining('by the proxy') });
    expect(proxy.seen.filter((line) => line.startsWith('PATCH'))).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it('says that the content changed when the source ends early, and does not try again', async () => {
    const written = images.writeBlob('models/a', { mediaType: 'x/y', size: SIZE }, opener(randomBytes(SIZE - 1)));

    await expect(written).rejects.toMatchObject({ code: 'INVALID_STATE' });
    expect(proxy.seen.filter((line) => line.startsWith('PATCH'))).toHaveLength(1);
  });

  it('is complete when the source is gone for a moment', async () => {
    const content = randomBytes(SIZE);
    let opened = 0;
    const shaky: OpenAt = async (offset) => {
      opened += 1;
      const stream = await opener(content)(offset);
      if (opened === 1) {
        let seen = 0;
        stream.on('data', (chunk: Buffer) => {
          seen += chunk.length;
          if (seen > 5 * MB) stream.destroy(new SlipwayError('TEMPORARILY_UNAVAILABLE', 'gone'));
        });
      }
      return stream;
    };

    const written = await images.writeBlob('models/a', { mediaType: 'x/y', size: SIZE }, shaky);

    expect(written.digest).toBe(digestOf(content));
    expect(await direct.hasBlob('models/a', written.digest)).toBe(true);
  });

  it.each([
    ['HEAD', 'hasBlob', () => images.hasBlob('models/a', digestOf('absent')), false],
    ['GET', 'listTags', () => images.listTags('models/none'), []],
    ['POST', 'mountBlob', () => images.mountBlob('models/b', digestOf('absent'), 'models/a'), false],
  ] as const)('asks again when a %s of %s fails', async (method, _, call, expected) => {
    proxy.faults.push({ method, path: 'models', does: answer(503) }, { method, path: 'models', does: lost });

    expect(await call()).toEqual(expected);
    expect(proxy.faults).toEqual([]);
  });

  it('stores a manifest whose answer was lost', async () => {
    const manifest = await smallImage(images, 'models/m', 'lost');
    proxy.faults.push({ method: 'PUT', path: 'manifests', does: lost });

    await images.putManifest('models/m', manifest, 'v1');

    expect(await direct.readManifest('models/m', 'v1')).toEqual(manifest);
  });

  it('says what is missing when a manifest names a blob that is not there', async () => {
    const manifest = documentOf({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: descriptorOf('never sent', 'application/vnd.oci.image.config.v1+json'),
      layers: [],
    });

    await expect(images.putManifest('models/m', manifest, 'v2')).rejects.toMatchObject({
      code: 'INVALID_STATE',
      details: { registryCode: 'MANIFEST_BLOB_UNKNOWN' },
    });
  });

  it('does not believe a registry that gives another manifest than was asked for', async () => {
    const manifest = await smallImage(images, 'models/m', 'tampered');
    await images.putManifest('models/m', manifest, 'v3');
    proxy.faults.push({
      method: 'GET',
      path: 'manifests',
      does: { kind: 'change-answer', headers: { 'docker-content-digest': digestOf('another') } },
    });

    await expect(images.readManifest('models/m', 'v3')).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('reads blobs from where the registry sends it to', async () => {
    const blob = descriptorOf('elsewhere');
    await images.putBlob('models/a', blob, opener('elsewhere'));
    const location = `${server.url}/v2/models/a/blobs/${blob.digest}`;
    proxy.faults.push({ method: 'GET', path: 'blobs', does: answer(307, { location }) });

    expect(await text(await images.readBlob('models/a', blob.digest))).toBe('elsewhere');
  });

  it.each(['http://169.254.169.254/metadata', 'https://10.0.0.1/blob', 'http://example.com/blob'])(
    'does not go to %s',
    async (location) => {
      proxy.faults.push({ method: 'GET', path: 'blobs', does: answer(307, { location }) });

      await expect(images.readBlob('models/a', digestOf('x'))).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    },
  );
});
