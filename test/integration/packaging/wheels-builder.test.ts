import { createCipheriv } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { BuildRequest } from '../../../shared/packaging/environment/environment-builder.ts';
import { uvBinary } from '../../../shared/packaging/environment/resolve/uv-binary.ts';
import {
  createWheelsBuilder,
  type WheelsBuilderOptions,
} from '../../../shared/packaging/environment/wheels/create-wheels-builder.ts';
import { createHttpIndex } from '../../../shared/packaging/environment/wheels/http-index.ts';
import { createFolderWheelCache } from '../../../shared/packaging/environment/wheels/wheel-cache.ts';
import { createFolderWheelhouse } from '../../../shared/packaging/environment/wheels/wheelhouse.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { createEgress } from '../../../shared/platform/http/egress.ts';
import { createLogger } from '../../../shared/platform/logging.ts';
import { systemClock } from '../../../shared/platform/time.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { memoryImages, memoryLayerFacts } from '../../support/packaging/memory-images.ts';
import { type BuiltWheel, memoryIndex, memoryWheelCache, wheelOf } from '../../support/packaging/wheels.ts';

/** Packages here are made up; the resolver is the real one. */
const uv = uvBinary({
  cache: createFolderWheelCache(fileURLToPath(new URL('../../../.cache/wheels', import.meta.url))),
  indexes: [createHttpIndex({ url: 'https://pypi.org/simple', egress: createEgress('allow') })],
});

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const SERVER = { 'main.py': 'print("serving")\n', 'requirements.txt': 'server>=1 # what it needs\n' };
const server = wheelOf({ name: 'server', version: '1.0', members: [{ path: 'server.py', content: '' }] });

const world = async (wheels: readonly BuiltWheel[], options: Partial<WheelsBuilderOptions> = {}) => {
  const index = memoryIndex([server, ...wheels]);
  const images = memoryImages();
  const builder = createWheelsBuilder({
    images,
    layerFacts: memoryLayerFacts(),
    cache: memoryWheelCache(),
    index,
    server: memoryFiles(SERVER),
    pythons: ['3.11'],
    uvPath: await uv(),
    clock: systemClock,
    log: createLogger(() => undefined),
    ...options,
  });
  const build = (requirements: readonly string[], more: Partial<BuildRequest> = {}, python = '3.11') =>
    builder.build({
      key: 'key',
      buildId: 'b1',
      fresh: false,
      spec: {
        python,
        requirements,
        constraints: [],
        conda: { channels: [], packages: [] },
        options: { extraIndexUrls: [], pre: false, onlyBinary: [], noBinary: [] },
      },
      ...more,
    });
  return { build, images, index };
};

const a1 = wheelOf({ name: 'a', version: '1.0', metadata: ['Requires-Dist: b>=1'] });
const b1 = wheelOf({ name: 'b', version: '1.0' });
const b2 = wheelOf({ name: 'b', version: '2.0' });
/** Does not shrink, so that the wheel is as big. */
const noise = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(9_000_000));
const big = wheelOf({ name: 'big', members: [{ path: 'big.bin', content: noise }] });

describe('an environment built from wheels', { timeout: 30_000 }, () => {
  it('holds what the model asks for and what the server needs, each in the version that fits', async () => {
    const { build, images } = await world([a1, b1, b2]);

    const outcome = await build(['a', 'b<2']);

    expect(outcome).toMatchObject({
      kind: 'built',
      python: { wanted: '3.11', used: '3.11' },
      repository: 'env/python',
    });
    if (outcome.kind !== 'built') throw new Error('not built');
    expect(outcome.lock?.text).toBe(
      `a==1.0 --hash=sha256:${a1.sha256}\nb==1.0 --hash=sha256:${b1.sha256}\nserver==1.0 --hash=sha256:${server.sha256}\n`,
    );
    const config = JSON.parse(images.blobs.get(configDigest(images, outcome.digest))?.toString() ?? '');
    expect(config.config).toMatchObject({
      Entrypoint: ['python3.11', '-I', '-S', '/opt/server/main.py'],
      User: '65532:65532',
      Env: expect.arrayContaining(['PYTHONDONTWRITEBYTECODE=1', 'HOME=/tmp']),
    });
  });

  it('is the same image when it is built anew, and sends no layer again', async () => {
    const { build, images } = await world([a1, b1, big]);
    const first = await build(['a', 'big']);
    const sent = images.sent.length;

    const again = await build(['a', 'big'], { key: 'other', fresh: true });

    expect(again).toMatchObject({ kind: 'built', digest: (first as { digest: string }).digest });
    const resent = images.sent.slice(sent).map((digest) => images.blobs.get(digest)?.length ?? 0);
    expect(Math.max(0, ...resent)).toBeLessThan(10_000);
    const elsewhere = await world([a1, b1, big]);
    expect(await elsewhere.build(['big', 'a'])).toMatchObject({ digest: (first as { digest: string }).digest });
  });

  it('shares the layer of a big wheel with another environment', async () => {
    const { build } = await world([a1, b1, big]);
    await build(['a', 'big']);
    expect(await build(['big'], { key: 'other' })).toMatchObject({ kind: 'built', cacheHits: 1 });
  });

  it('is found again by a call whose answer was lost, with its lock, and nothing is resolved', async () => {
    const { build, index } = await world([b1]);
    const first = await build(['b']);
    index.downloads.length = 0;
    const { durationMs: _, cacheHits: __, ...rest } = first as object & { durationMs?: number; cacheHits?: number };

    expect(await build(['b'])).toMatchObject(rest);
    expect(index.downloads).toEqual([]);
  });

  it('goes on where a call had to stop', async () => {
    let now = 0;
    const { build } = await world([b1], { clock: (() => (now += 7 * 60_000)) as never });
    const first = await build(['b']);
    expect(first).toMatchObject({ kind: 'running' });
    const { job } = first as { job: unknown };
    now = -Infinity;
    expect(await build(['never-resolved'], { job: JSON.parse(JSON.stringify(job)) })).toMatchObject({ kind: 'built' });
  });

  it('is for the nearest Python that can be served, and says which', async () => {
    const only312 = wheelOf({ name: 'c', tag: 'cp312-cp312-manylinux_2_17_x86_64' });
    const { build } = await world([only312], { pythons: ['3.8', '3.10', '3.12'] });
    expect(await build(['c'], {}, '3.11')).toMatchObject({ kind: 'built', python: { wanted: '3.11', used: '3.12' } });
  });

  it.each<[string, readonly BuiltWheel[], readonly string[], string, RegExp]>([
    ['a version that is not there', [b1], ['b==9'], 'no-matching-version', /no version of b==9/],
    ['a package that nobody has', [], ['nobody'], 'no-matching-version', /nobody was not found/],
    [
      'versions that exclude one another',
      [wheelOf({ name: 'a', metadata: ['Requires-Dist: b>=2'] }), b1, b2],
      ['a', 'b==1.0'],
      'conflict',
      /depend on b>=2/,
    ],
    [
      'a wheel for another Python',
      [wheelOf({ name: 'c', tag: 'cp39-cp39-manylinux1_x86_64' })],
      ['c'],
      'no-wheel',
      /ABI tag/,
    ],
    [
      'what the server cannot be beside',
      [wheelOf({ name: 'server', version: '0.9' }), wheelOf({ name: 'd', metadata: ['Requires-Dist: server<1'] })],
      ['d'],
      'conflict',
      /scoring server \(server>=1\)/,
    ],
    [
      'two packages with one file',
      [
        wheelOf({ name: 'e', members: [{ path: 'x.py', content: 'e' }] }),
        wheelOf({ name: 'f', members: [{ path: 'x.py', content: 'f' }] }),
      ],
      ['e', 'f'],
      'conflict',
      /e 1.0 and f 1.0 both install/,
    ],
    [
      'a wheel that leaves its folder',
      [wheelOf({ name: 'g', members: [{ path: 'a/../../x', content: '' }] })],
      ['g'],
      'build-failed',
      /g-1.0-py3-none-any.whl/,
    ],
    [
      'a wheel that is not what RECORD says',
      [wheelOf({ name: 'h', record: 'h/__init__.py,sha256=AAAA,1\n' })],
      ['h'],
      'build-failed',
      /RECORD/,
    ],
  ])('fails for %s, and says so', async (_, wheels, requirements, code, message) => {
    const { build, images } = await world(wheels);
    const outcome = await build(requirements);
    expect(outcome).toMatchObject({ kind: 'failed', code, message: expect.stringMatching(message) });
    expect(images.tags.size).toBe(0);
  });

  it('fails as a matter of the network when the index does, and tells nothing of its credential', async () => {
    const down = () => Promise.reject(new SlipwayError('TEMPORARILY_UNAVAILABLE', "'index.example' did not answer"));
    const index = { ...memoryIndex([]), filesOf: down };
    const { build } = await world([], { index });
    expect(await build(['b'])).toMatchObject({
      kind: 'failed',
      code: 'network',
      message: "'index.example' did not answer",
    });
  });

  it('asks nobody for what a wheelhouse does not have', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'slipway-wheelhouse-'));
    folders.push(folder);
    for (const { fileName, bytes } of [server, b1]) await writeFile(join(folder, fileName), bytes);
    const { build } = await world([], { index: createFolderWheelhouse(folder) });
    expect(await build(['b'])).toMatchObject({ kind: 'built' });
    expect(await build(['a'], { key: 'other' })).toMatchObject({ code: 'no-matching-version' });
  });
});

const configDigest = ({ blobs }: ReturnType<typeof memoryImages>, manifest: string): string =>
  JSON.parse(blobs.get(manifest)?.toString() ?? '{}').config.digest;
