import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRegistryTasks } from '../../../shared/azure/container-registry/tasks/create-registry-tasks.ts';
import { buildEnvironment } from '../../../shared/packaging/environment/build-environment.ts';
import { ensureEnvironment } from '../../../shared/packaging/environment/ensure-environment.ts';
import { createTasksBuilder } from '../../../shared/packaging/environment/pip/create-tasks-builder.ts';
import { environmentSpec, environmentWorld } from '../../support/packaging/environments.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { memoryImages } from '../../support/packaging/memory-images.ts';
import { REGISTRY_ID, startRegistryTasksServer } from '../../support/packaging/registry-tasks-server.ts';

const BASE = `docker.io/library/python:3.11-slim@sha256:${'c'.repeat(64)}`;
const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const SPEC = environmentSpec();
const HASH = 'd'.repeat(64);
const LOG = [
  '#9 2.1 # lock of slipway',
  `#9 2.1 mlflow==2.19.0 --hash=sha256:${HASH}`,
  `#9 2.1 numpy==2.1.3 --hash=sha256:${HASH}`,
  '#9 2.1 # end of lock',
].join('\n');

let azure: Awaited<ReturnType<typeof startRegistryTasksServer>>;
beforeEach(async () => {
  azure = await startRegistryTasksServer();
});
afterEach(() => azure.close());

const setUp = () => {
  const images = memoryImages('example.azurecr.io');
  const builder = createTasksBuilder({
    tasks: createRegistryTasks({ armEndpoint: azure.url, registryId: REGISTRY_ID, credential: { token: 't' } }),
    images,
    server: memoryFiles({ 'main.py': 'print(1)\n', 'requirements.txt': 'uvicorn<1 # server\n' }),
    bases: { '3.11': BASE },
    indexUrl: 'https://pypi.org/simple',
    clock: () => world.services.clock(),
  });
  const world = environmentWorld(builder);
  const push = async () => {
    const config = await images.writeBlob(
      'env/python',
      { mediaType: 'application/vnd.oci.image.config.v1+json', size: 2 },
      async () => Readable.from([Buffer.from('{}')]),
    );
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    const bytes = new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [] }));
    const digest = `sha256:${Buffer.from(await crypto.subtle.digest('SHA-256', bytes)).toString('hex')}`;
    await images.putManifest('env/python', { bytes, descriptor: { mediaType, digest, size: bytes.length } });
    azure.state.digest = digest;
    return digest;
  };
  return { images, world, push };
};

const begin = async (world: ReturnType<typeof setUp>['world']) => {
  const { key } = await ensureEnvironment(world.services, SPEC, CAUSE);
  await buildEnvironment(world.services, { key });
  return key;
};

const filesIn = async (tar: Buffer) => {
  const files = new Map<string, string>();
  for await (const entry of Readable.from([tar]).pipe(extract())) files.set(entry.header.name, await text(entry));
  return files;
};

describe('building by tasks of the registry', () => {
  it('sends the context and schedules the run as the service wants it', async () => {
    const { world } = setUp();
    const key = await begin(world);
    expect(azure.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /listBuildSourceUploadUrl',
      'PUT /upload/source.tar.gz',
      'POST /scheduleRun',
    ]);
    const [list, upload, schedule] = azure.calls;
    expect(list).toMatchObject({ apiVersion: '2019-06-01-preview', authorization: 'Bearer t' });
    expect(upload?.authorization).toBeUndefined();
    expect(azure.uploads[0]?.headers).toMatchObject({ 'x-ms-blob-type': 'BlockBlob' });
    expect(schedule?.body).toEqual({
      type: 'DockerBuildRequest',
      imageNames: [`env/python:${key}`],
      isPushEnabled: true,
      noCache: true,
      dockerFilePath: 'Dockerfile',
      platform: { os: 'Linux', architecture: 'amd64' },
      sourceLocation: 'tasks-source/source.tar.gz',
      timeout: 2700,
      agentConfiguration: { cpu: 2 },
      credentials: { sourceRegistry: { loginMode: 'Default' } },
    });
    expect(await world.read(key)).toMatchObject({ phase: 'building', job: { runId: 'ca1' } });
  });

  it('the context holds Dockerfile, requirements and server, the server’s own packages among them', async () => {
    const { world } = setUp();
    await begin(world);
    const files = await filesIn(azure.uploads[0]?.tar ?? Buffer.alloc(0));
    expect([...files.keys()].filter((name) => !name.endsWith('/'))).toEqual([
      'Dockerfile',
      'build/lock.py',
      'build/requirements.in',
      'server/main.py',
    ]);
    expect(files.get('build/requirements.in')).toBe('mlflow==2.19.0\nnumpy==2.1.3\nuvicorn<1\n');
    expect(files.get('Dockerfile')).toContain(`FROM ${BASE} AS build`);
  });

  it('looks again until the run has ended, and keeps digest and lock', async () => {
    const { world, push, images } = setUp();
    const key = await begin(world);
    azure.state.status = 'Running';
    await buildEnvironment(world.services, { key });
    expect((await world.read(key))?.phase).toBe('building');
    const digest = await push();
    Object.assign(azure.state, { status: 'Succeeded', log: LOG });
    await buildEnvironment(world.services, { key });
    const state = await ensureEnvironment(world.services, SPEC, CAUSE);
    expect(state).toMatchObject({ phase: 'built', image: `example.azurecr.io/env/python@${digest}`, digest });
    expect(state.phase === 'built' && state.lock?.packages).toEqual([
      { name: 'mlflow', version: '2.19.0', sha256s: [HASH] },
      { name: 'numpy', version: '2.1.3', sha256s: [HASH] },
    ]);
    expect(await images.listReferrers('env/python', digest)).toHaveLength(1);
  });

  it('an image is built also when its log cannot be read', async () => {
    const { world, push } = setUp();
    const key = await begin(world);
    await push();
    Object.assign(azure.state, { status: 'Succeeded', logStatus: 404 });
    await buildEnvironment(world.services, { key });
    expect(await ensureEnvironment(world.services, SPEC, CAUSE)).toMatchObject({ phase: 'built' });
  });

  it.each([
    ['Failed', 'ERROR: No matching distribution found for numpy==99', 'no-matching-version', /numpy==99/],
    ['Failed', 'ERROR: ResolutionImpossible: for help visit', 'conflict', /exclude one another/],
    ['Failed', 'THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE', 'hash-mismatch', /another hash/],
    ['Error', 'something else went wrong', 'build-failed', /last lines/],
    ['Canceled', '', 'build-failed', /was cancelled/],
  ])('a run that is %s with "%s" ends as %s', async (status, log, code, message) => {
    const { world } = setUp();
    const key = await begin(world);
    Object.assign(azure.state, { status, log });
    await buildEnvironment(world.services, { key });
    const document = await world.read(key);
    expect(document).toMatchObject({ phase: 'failed', failure: { code, message: expect.stringMatching(message) } });
  });

  it.each(['Timeout', 'Failed'])(
    'a run that is %s for a passing reason is started anew, a few times',
    async (status) => {
      const { world } = setUp();
      const key = await begin(world);
      Object.assign(azure.state, { status, log: 'Temporary failure in name resolution' });
      await world.settle(key);
      expect(azure.calls.filter(({ path }) => path === '/scheduleRun')).toHaveLength(4);
    },
  );

  it('a subscription that may not run tasks is told so in one sentence', async () => {
    const { world } = setUp();
    azure.state.refusal = {
      status: 400,
      code: 'TasksOperationsNotAllowed',
      message: 'ACR Tasks requests for the registry example are not permitted.',
    };
    const key = await begin(world);
    expect(await world.read(key)).toMatchObject({
      phase: 'failed',
      failure: { code: 'builder-refused', message: expect.stringMatching(/may not run tasks .* ENVIRONMENT_BUILDER/) },
    });
  });

  it('a minor without a base image is refused before anything is sent', async () => {
    const { world } = setUp();
    const { key } = await ensureEnvironment(world.services, environmentSpec({ python: '3.9' }), CAUSE);
    await buildEnvironment(world.services, { key });
    expect(await world.read(key)).toMatchObject({ phase: 'failed', failure: { code: 'python-unavailable' } });
    expect(azure.calls).toEqual([]);
  });

  it('no signed URL is kept anywhere', async () => {
    const { world } = setUp();
    const key = await begin(world);
    Object.assign(azure.state, {
      status: 'Failed',
      log: 'pushed to https://x.blob.core.windows.net/y?sv=1&sig=secret',
    });
    await world.settle(key);
    expect(JSON.stringify(world.documents.all())).not.toContain('secret');
  });
});
