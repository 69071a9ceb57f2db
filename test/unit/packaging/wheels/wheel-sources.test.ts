import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { fetchWheel } from '../../../../shared/packaging/environment/wheels/fetch-wheel.ts';
import { createHttpIndex } from '../../../../shared/packaging/environment/wheels/http-index.ts';
import { readMetadata } from '../../../../shared/packaging/environment/wheels/read-wheel.ts';
import {
  createBlobWheelCache,
  createFolderWheelCache,
  type WheelCache,
} from '../../../../shared/packaging/environment/wheels/wheel-cache.ts';
import { createBlobWheelhouse } from '../../../../shared/packaging/environment/wheels/wheelhouse.ts';
import type { Blobs } from '../../../../shared/platform/blobs.ts';
import type { Egress } from '../../../../shared/platform/http/egress.ts';
import { memoryIndex, wheelOf } from '../../../support/packaging/wheels.ts';

const wheel = wheelOf({ metadata: ['Requires-Dist: other'] });
const folder = await mkdtemp(join(tmpdir(), 'slipway-wheels-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As much of a storage account as wheels need. */
const memoryBlobs = () => {
  const blobs = new Map<string, Buffer>();
  const some: Pick<Blobs, 'write' | 'stat' | 'read' | 'list'> = {
    write: async (_, path, body) => {
      const bytes = await buffer(body as Readable);
      blobs.set(path, bytes);
      return { etag: '1', size: bytes.length };
    },
    stat: async (_, path) => {
      const bytes = blobs.get(path);
      return bytes && { size: bytes.length, etag: '1' };
    },
    read: async (_, path, { start = 0, end } = { start: 0 }) => {
      const bytes = blobs.get(path);
      const part = bytes?.subarray(start, end === undefined ? undefined : end + 1);
      return bytes && part && { stream: Readable.from([part]), size: bytes.length, etag: '1' };
    },
    async *list(_, prefix) {
      for (const [path, bytes] of blobs) {
        if (path.startsWith(prefix)) yield { path, size: bytes.length, isDirectory: false };
      }
    },
  };
  return { blobs, port: some as Blobs };
};

describe.each<[string, () => { cache: WheelCache; kept: () => Promise<number> }]>([
  [
    'a folder',
    () => ({
      cache: createFolderWheelCache(folder),
      kept: async () => (await readdir(folder, { recursive: true })).filter((name) => name.includes('.')).length,
    }),
  ],
  [
    'blobs',
    () => {
      const { blobs, port } = memoryBlobs();
      return { cache: createBlobWheelCache(port), kept: async () => blobs.size };
    },
  ],
])('a cache of wheels in %s', (_, create) => {
  it('keeps what has the right hash, and nothing else', async () => {
    const { cache, kept } = create();
    expect(await cache.open(wheel.sha256)).toBeUndefined();
    await expect(cache.put(wheel.sha256, async () => Readable.from([Buffer.from('another')]))).rejects.toMatchObject({
      code: 'INVALID_STATE',
    });
    const broken = async () => new Readable({ read: () => undefined }).destroy(new Error('cut'));
    await expect(cache.put(wheel.sha256, broken)).rejects.toThrow('cut');
    expect(await kept()).toBe(0);

    await cache.put(wheel.sha256, async () => Readable.from([wheel.bytes.subarray(0, 7), wheel.bytes.subarray(7)]));
    const file = await cache.open(wheel.sha256);
    expect(file && (await readMetadata(wheel.fileName, file))).toContain('Requires-Dist: other');
    await file?.close();
  });

  it('is asked before an index is, and refuses what an index gives under a wrong hash', async () => {
    const { cache } = create();
    const index = memoryIndex([wheel]);
    const file = { fileName: wheel.fileName, url: 'https://index.example/x', sha256: wheel.sha256 };
    for (let turn = 0; turn < 2; turn += 1) await (await fetchWheel(cache, { index, file })).close();
    expect(index.downloads.length).toBeLessThan(2);
    await expect(fetchWheel(cache, { index, file: { ...file, sha256: '0'.repeat(64) } })).rejects.toMatchObject({
      name: 'WheelRefused',
      code: 'hash-mismatch',
    });
  });
});

it('a wheelhouse in blobs offers what is filed under its hash', async () => {
  const { blobs, port } = memoryBlobs();
  blobs.set(`wheelhouse/${wheel.sha256}/${wheel.fileName}`, wheel.bytes);
  blobs.set('wheelhouse/readme.txt', Buffer.from(''));
  const house = createBlobWheelhouse(port);
  expect(await house.filesOf('other')).toBeUndefined();
  expect(await house.filesOf('demo')).toEqual([
    expect.objectContaining({ fileName: wheel.fileName, sha256: wheel.sha256, size: wheel.bytes.length }),
  ]);
});

describe('an index on the network', () => {
  interface Request {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  }
  type Answer = Awaited<ReturnType<Egress['get']>>;
  const answer = (status: number, body: string | Buffer = '', headers: Record<string, string> = {}): Answer => ({
    status,
    headers,
    body: Readable.from([Buffer.from(body)]),
  });
  const indexOf = (url: string, answers: (request: Request) => Answer) => {
    const asked: Request[] = [];
    const egress: Egress = {
      post: () => Promise.reject(new Error('nothing is posted')),
      get: async (to, { headers }) => {
        asked.push({ url: to, headers });
        return answers({ url: to, headers });
      },
    };
    return { index: createHttpIndex({ url, egress }), asked };
  };
  const file = { fileName: wheel.fileName, url: 'https://files.example/demo.whl', sha256: wheel.sha256 };

  it('gets the credential on its own host only, also when it redirects', async () => {
    const { index, asked } = indexOf('https://user:p%40ss@index.example/simple', ({ url }) =>
      url.startsWith('https://index.example')
        ? answer(302, '', { location: 'https://files.example/page' })
        : answer(200, '<html></html>'),
    );
    expect(await index.filesOf('demo')).toEqual([]);
    expect(asked.map(({ url, headers }) => [url, headers['authorization']])).toEqual([
      ['https://index.example/simple/demo/', `Basic ${Buffer.from('user:p@ss').toString('base64')}`],
      ['https://files.example/page', undefined],
    ]);
    expect(index.name).toBe('index.example');
  });

  it('gives the METADATA of a wheel without the wheel where it serves ranges', async () => {
    const { index, asked } = indexOf('https://index.example/simple', ({ headers }) => {
      const { length } = wheel.bytes;
      return /^bytes=-/.test(headers['range'] ?? '')
        ? answer(206, wheel.bytes, { 'content-range': `bytes 0-${length - 1}/${length}` })
        : answer(500);
    });
    expect(await index.metadataOf(file)).toContain('Requires-Dist: other');
    expect(asked.length).toBe(1);
  });

  it('has no METADATA apart where it serves no ranges', async () => {
    const { index } = indexOf('https://index.example/simple', () => answer(200, wheel.bytes));
    expect(await index.metadataOf(file)).toBeUndefined();
    expect(await text(await index.download(file))).toHaveLength(wheel.bytes.toString('utf8').length);
  });

  it.each([
    [404, 'RESOURCE_DOES_NOT_EXIST'],
    [401, 'PERMISSION_DENIED'],
    [500, 'TEMPORARILY_UNAVAILABLE'],
  ])('that answers a download with %i has failed as %s', async (status, code) => {
    const { index } = indexOf('https://index.example/simple', () => answer(status));
    await expect(index.download(file)).rejects.toMatchObject({ code });
  });

  it('that redirects in circles is given up', async () => {
    const { index } = indexOf('https://index.example/simple', ({ url }) => answer(302, '', { location: url }));
    await expect(index.filesOf('demo')).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });

  it('knows nothing of a project that it answers with 404', async () => {
    const { index } = indexOf('https://index.example/simple', () => answer(404));
    expect(await index.filesOf('demo')).toBeUndefined();
  });
});
