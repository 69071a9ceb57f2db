import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { imagePushed } from '../../../../functions/events/image-pushed.ts';
import type { ReceivedEvent } from '../../../../shared/events/envelope.ts';
import { webhookHeaders } from '../../../../shared/notify/sign-webhook.ts';
import { buildEnvironment } from '../../../../shared/packaging/environment/build-environment.ts';
import { createImageBuilder } from '../../../../shared/packaging/environment/create-image-builder.ts';
import { ensureEnvironment } from '../../../../shared/packaging/environment/ensure-environment.ts';
import { dockerfile } from '../../../../shared/packaging/environment/pip/dockerfile.ts';
import { lockInLog, readPipLock } from '../../../../shared/packaging/environment/pip/pip-lock.ts';
import { createWebhookBuilder } from '../../../../shared/packaging/environment/webhook/create-webhook-builder.ts';
import {
  type EnvironmentResult,
  receiveResult,
} from '../../../../shared/packaging/environment/webhook/receive-result.ts';
import type { ImageStore } from '../../../../shared/packaging/image/ports.ts';
import type { Egress } from '../../../../shared/platform/http/egress.ts';
import { silentLogger } from '../../../../shared/platform/logging.ts';
import { environmentSpec, environmentWorld } from '../../../support/packaging/environments.ts';
import { memoryImages } from '../../../support/packaging/memory-images.ts';

const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const SPEC = environmentSpec();
const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');
const SHA = `sha256:${'c'.repeat(64)}`;

const push = async (images: ImageStore, repository: string): Promise<string> => {
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const config = await images.writeBlob(
    repository,
    { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2 },
    async () => Readable.from([Buffer.from('{}')]),
  );
  const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  await images.putManifest(repository, { bytes, descriptor: { mediaType, digest, size: bytes.length } });
  return digest;
};

interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const pipeline = (status = 202) => {
  const sent: Sent[] = [];
  const egress = {
    post: async (url: string, { headers, body }: { headers: Readonly<Record<string, string>>; body: string }) => {
      sent.push({ url, headers, body });
      return { status, body: '', retryAfter: undefined };
    },
  } as unknown as Egress;
  const images = memoryImages('example.azurecr.io');
  const builder = createWebhookBuilder({
    url: 'https://ci.example/start',
    sign: (id, timestamp, body) => webhookHeaders(id, timestamp, body, 'a secret of the pipeline'),
    bases: {},
    conda: false,
    template: 'webhook-1',
    egress,
    secretsKey: SECRETS_KEY,
    publicUrl: 'https://slipway.example/',
    registry: images.registry,
    clock: () => world.services.clock(),
  });
  const world = environmentWorld(builder);
  const begin = async () => {
    const { key } = await ensureEnvironment(world.services, SPEC, CAUSE);
    await buildEnvironment(world.services, { key });
    const body = sent.at(-1)?.body;
    const { callback } = (body === undefined ? {} : JSON.parse(body)) as { callback: { token: string; url: string } };
    return { key, callback };
  };
  const tell = (key: string, token: string | undefined, result: EnvironmentResult) =>
    receiveResult({ ...world.services, images, secretsKey: SECRETS_KEY }, key, { token, result });
  return { world, sent, images, begin, tell };
};

describe('a pipeline of somebody’s own', () => {
  it('is asked by a signed request that says what to build, where to push it and how to call back', async () => {
    const { sent, begin } = pipeline();
    const { key } = await begin();
    expect(sent).toHaveLength(1);
    expect(sent[0]?.headers).toMatchObject({ 'webhook-signature': expect.stringMatching(/^v1,/) });
    expect(JSON.parse(sent[0]?.body ?? '')).toMatchObject({
      type: 'slipway.environment.requested',
      key,
      spec: SPEC,
      target: `example.azurecr.io/env/python:${key}`,
      callback: { url: `https://slipway.example/api/v1/environments/${key}/result` },
    });
  });

  it('ends a build by telling its digest, once', async () => {
    const { world, images, begin, tell } = pipeline();
    const { key, callback } = await begin();
    const digest = await push(images, 'env/python');
    const lock = `numpy==2.1.3 \\\n    --hash=sha256:${'d'.repeat(64)}\n`;
    await tell(key, callback.token, { status: 'built', digest, lock, durationMs: 5 });
    expect(await ensureEnvironment(world.services, SPEC, CAUSE)).toMatchObject({
      phase: 'built',
      digest,
      lock: { packages: [{ name: 'numpy', version: '2.1.3' }] },
    });
    await expect(tell(key, callback.token, { status: 'built', digest })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('tells why it failed, by its log or in its own words', async () => {
    const { world, begin, tell } = pipeline();
    const { key, callback } = await begin();
    const log = 'looking at https://me:hunter2@pypi.example\nERROR: No matching distribution found for numpy==99';
    await tell(key, callback.token, { status: 'failed', log });
    const document = await world.read(key);
    expect(document).toMatchObject({ phase: 'failed', failure: { code: 'no-matching-version' } });
    expect(JSON.stringify(document)).not.toContain('hunter2');
  });

  it.each([undefined, '', 'x', 'A'.repeat(43)])('is not believed with the token %j', async (token) => {
    const { images, begin, tell } = pipeline();
    const { key } = await begin();
    const digest = await push(images, 'env/python');
    await expect(tell(key, token, { status: 'built', digest })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('is not believed about an image that it has not pushed', async () => {
    const { begin, tell } = pipeline();
    const { key, callback } = await begin();
    await expect(tell(key, callback.token, { status: 'built', digest: SHA })).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
  });

  it('gets another token for another build', async () => {
    const { world, sent, begin, tell } = pipeline();
    const { key, callback } = await begin();
    await tell(key, callback.token, { status: 'failed', log: 'Connection refused' });
    expect((await world.read(key))?.phase).toBe('requested');
    await buildEnvironment(world.services, { key });
    expect(sent).toHaveLength(2);
    await expect(tell(key, callback.token, { status: 'failed', log: '' })).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
    });
  });

  it('the token is stored nowhere', async () => {
    const { world, begin } = pipeline();
    const { callback } = await begin();
    expect(JSON.stringify(world.documents.all())).not.toContain(callback.token);
  });

  it.each([
    [404, 'failed', 1],
    [503, 'failed', 4],
  ])('that answers %i ends as %s after %i requests', async (status, phase, requests) => {
    const { world, sent, begin } = pipeline(status);
    const { key } = await begin();
    await world.settle(key);
    expect((await world.read(key))?.phase).toBe(phase);
    expect(sent).toHaveLength(requests);
  });
});

describe('images that are there already', () => {
  it('serve every model of their Python', async () => {
    const images = memoryImages('example.azurecr.io');
    const digest = await push(images, 'env/ours');
    const builder = createImageBuilder({ images, bases: { '3.11': `example.azurecr.io/env/ours@${digest}` } });
    const world = environmentWorld(builder);
    const { key } = await ensureEnvironment(world.services, SPEC, CAUSE);
    await world.settle(key);
    expect(await ensureEnvironment(world.services, SPEC, CAUSE)).toMatchObject({
      phase: 'built',
      repository: 'env/ours',
      digest,
    });
  });

  it.each([
    ['a Python that has none', { '3.12': `example.azurecr.io/env/ours@${SHA}` }, 'python-unavailable'],
    ['an image that is not there', { '3.11': `example.azurecr.io/env/ours@${SHA}` }, 'build-failed'],
    ['an image of another registry', { '3.11': `docker.io/ours@${SHA}` }, 'builder-refused'],
  ])('fail for %s', async (_, bases, code) => {
    const world = environmentWorld(createImageBuilder({ images: memoryImages('example.azurecr.io'), bases }));
    const { key } = await ensureEnvironment(world.services, SPEC, CAUSE);
    await world.settle(key);
    expect(await world.read(key)).toMatchObject({ phase: 'failed', failure: { code } });
  });
});

describe('an image that was pushed', () => {
  const event = (repository: string, tag?: string): ReceivedEvent => ({
    id: 'e1',
    type: 'Microsoft.ContainerRegistry.ImagePushed',
    source: '/registries/example',
    subject: `${repository}:${tag}`,
    correlationId: 'e1',
    data: { action: 'push', target: { repository, ...(tag === undefined ? {} : { tag }), digest: SHA } },
  });
  const receive = imagePushed.on['Microsoft.ContainerRegistry.ImagePushed'];

  it('under the key of an environment has its builder asked at once', async () => {
    const world = environmentWorld();
    const { key } = await ensureEnvironment(world.services, SPEC, CAUSE);
    await receive?.(event('env/python', key), world.services, { cause: CAUSE, log: silentLogger });
    expect((await world.read(key))?.phase).toBe('built');
  });

  it.each([
    ['of a model', 'models/heart', 'f'.repeat(32)],
    ['without a tag', 'env/python', undefined],
    ['of an environment that nobody asked for', 'env/python', 'f'.repeat(32)],
  ])('%s is of no interest', async (_, repository, tag) => {
    const world = environmentWorld();
    await receive?.(event(repository, tag), world.services, { cause: CAUSE, log: silentLogger });
    expect(world.documents.all()).toEqual([]);
  });
});

describe('the Dockerfile of pip-1', () => {
  const INPUT = {
    base: `python:3.11-slim@${SHA}`,
    python: '3.11',
    indexUrl: 'https://pypi.org/simple',
    resolve: true,
    constrained: false,
    port: 8080,
  };

  it('is a function of its input, and pins the base twice', () => {
    expect(dockerfile(INPUT)).toBe(dockerfile({ ...INPUT }));
    expect(dockerfile(INPUT).match(/^FROM python:3\.11-slim@sha256:c{64}/gm)).toHaveLength(2);
    expect(dockerfile(INPUT)).not.toContain('ARG');
  });

  it('resolves first only when there is no lock, and applies constraints when there are any', () => {
    expect(dockerfile(INPUT)).toContain('--dry-run');
    expect(dockerfile({ ...INPUT, resolve: false })).not.toContain('--dry-run');
    expect(dockerfile({ ...INPUT, constrained: true })).toContain('-c /build/constraints.txt');
    expect(dockerfile({ ...INPUT, resolve: false })).toContain('--require-hashes');
  });

  it.each([
    [{ base: 'python:3.11-slim' }],
    [{ base: `python@${SHA}\nRUN evil` }],
    [{ python: '3.11; evil' }],
    [{ indexUrl: 'https://a b' }],
    [{ indexUrl: 'https://pypi.org/simple$(evil)' }],
    [{ indexUrl: 'https://me:secret@pypi.org/simple' }],
  ])('takes nothing but literals: %j', (over) => {
    expect(() => dockerfile({ ...INPUT, ...over })).toThrow(/must be/);
  });
});

describe('a lock of pip', () => {
  const HASH = 'd'.repeat(64);

  it.each([
    '',
    'numpy',
    'numpy==1',
    `numpy==1 --hash=sha256:${HASH} --hash=sha256:${HASH} x`,
    'numpy==1 --hash=md5:00',
  ])('is not read from %j', (text) => {
    expect(readPipLock(text, '3.11', 'linux-x86_64')).toBeUndefined();
  });

  it('reads back as it is written', () => {
    const lock = readPipLock(
      `b @ https://x.example/b-2.0-py3-none-any.whl --hash=sha256:${HASH}\nA_1==1.0 --hash=sha256:${HASH}`,
      '3.11',
      'p',
    );
    expect(lock?.packages.map(({ name, version }) => [name, version])).toEqual([
      ['b', '2.0'],
      ['a-1', '1.0'],
    ]);
    expect(readPipLock(lock?.text ?? '', '3.11', 'p')).toEqual(lock);
  });

  it('in a log is the last one between the marks', () => {
    const block = (version: string) => `# lock of slipway\nnumpy==${version} --hash=sha256:${HASH}\n# end of lock\n`;
    expect(lockInLog(`x\n${block('1')}y\n${block('2')}z`, '3.11', 'p')?.packages[0]?.version).toBe('2');
    expect(lockInLog('# lock of slipway\nnumpy==1', '3.11', 'p')).toBeUndefined();
  });
});
