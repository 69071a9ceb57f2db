import { createHash, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestStack, type TestStack } from '../../support/stack.ts';

const STORE = '/api/2.0/mlflow-artifacts/artifacts';
const MPU = '/api/2.0/mlflow-artifacts/mpu';
const MIB = 1024 * 1024;

let stack: TestStack;
let authorization: string;

beforeAll(async () => {
  stack = await startTestStack({ flags: ['--auth'] });
  authorization = `Bearer ${(await stack.credentials())['accessToken']}`;
}, 120_000);
afterAll(() => stack.remove());

const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  stack.call(method, path, { headers: { authorization, ...headers }, ...(body === undefined ? {} : { body }) });

/** The same mebibyte over and over: what matters is that it is much. */
const MEBIBYTE = randomBytes(MIB);
const mebibytes = function* (count: number) {
  for (let sent = 0; sent < count; sent += 1) yield MEBIBYTE;
};

/** The largest memory of the host while the work is going on, in bytes. */
const peakOf = async (work: () => Promise<void>): Promise<number> => {
  const pid = stack.pidOf('local/host/main.ts');
  const memory = async () => {
    const [, kibibytes] = /VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Number(kibibytes) * 1024;
  };
  let peak = await memory();
  let working = true;
  const watching = (async () => {
    while (working) {
      peak = Math.max(peak, await memory());
      await sleep(100);
    }
  })();
  try {
    await work();
  } finally {
    working = false;
    await watching;
  }
  return peak;
};

/** Sends the first half of a body and hangs up. */
const hangUpMidway = (path: string, headers: Record<string, string>): Promise<void> =>
  new Promise((resolve) => {
    const request = httpRequest(stack.apiUrl + path, { method: 'PUT', headers: { authorization, ...headers } });
    request.once('error', () => undefined);
    request.once('close', resolve);
    request.write(MEBIBYTE, () => request.destroy());
  });

describe('a large file', () => {
  // Memory is read where Linux shows it.
  it.skipIf(process.platform !== 'linux')(
    'goes up and comes down through the host without being held in its memory',
    { timeout: 300_000 },
    async () => {
      const count = 512;
      const url = `${stack.apiUrl}${STORE}/0/large/model.bin`;
      const before = await peakOf(async () => {});
      const hash = createHash('sha256');

      const peak = await peakOf(async () => {
        const sent = await fetch(url, {
          method: 'PUT',
          headers: { authorization },
          body: Readable.toWeb(Readable.from(mebibytes(count))) as ReadableStream,
          duplex: 'half',
        } as RequestInit);
        expect(sent.status).toBe(200);
        const got = await fetch(url, { headers: { authorization } });
        expect(got.headers.get('content-length')).toBe(String(count * MIB));
        for await (const chunk of got.body ?? []) hash.update(chunk);
      });

      const expected = createHash('sha256');
      for (const chunk of mebibytes(count)) expected.update(chunk);
      expect(hash.digest('hex')).toBe(expected.digest('hex'));
      expect((peak - before) / MIB).toBeLessThan(200);
    },
  );

  it('can be read from any byte on', async () => {
    await call('PUT', `${STORE}/0/ranged/file.bin`, MEBIBYTE, { 'content-type': 'application/octet-stream' });
    const got = await fetch(`${stack.apiUrl}${STORE}/0/ranged/file.bin`, {
      headers: { authorization, range: 'bytes=1000000-' },
    });
    expect([got.status, got.headers.get('content-range')]).toEqual([206, `bytes 1000000-${MIB - 1}/${MIB}`]);
    expect(Buffer.from(await got.arrayBuffer()).equals(MEBIBYTE.subarray(1_000_000))).toBe(true);
  });
});

describe('an upload whose client dies', () => {
  it.each([
    ['of an announced size', { 'content-length': String(2 * MIB) }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('%s leaves nothing that can be seen, and what was there before', async (name, headers) => {
    const path = `${STORE}/0/dying/${encodeURIComponent(name)}`;
    await call('PUT', `${path}/old`, 'old');
    await hangUpMidway(`${path}/new`, headers);
    await hangUpMidway(`${path}/old`, headers);

    for (let look = 0; look < 20; look += 1) {
      const { json } = await call('GET', `${STORE}?path=${encodeURIComponent(`0/dying/${name}`)}`);
      expect(json).toEqual({ files: [{ path: 'old', is_dir: false, file_size: 3 }] });
    }
    expect((await call('GET', `${path}/old`)).text).toBe('old');
  });
});

describe('an upload in parts', () => {
  it('takes parts without credentials, but only where a URL was signed for them', async () => {
    const asked = { path: '/models/model file.bin', num_parts: 3 };
    expect((await stack.call('POST', `${MPU}/create/0/parts`, { body: asked })).status).toBe(401);
    const { upload_id, credentials } = (await call('POST', `${MPU}/create/0/parts`, asked)).json;
    const bodies = [randomBytes(6 * MIB), randomBytes(6 * MIB), randomBytes(100)];

    const parts = await Promise.all(
      credentials.map(async ({ url, part_number }: { url: string; part_number: number }) => {
        const put = await fetch(url, { method: 'PUT', body: bodies[part_number - 1] as Uint8Array<ArrayBuffer> });
        expect(put.status).toBe(200);
        return { part_number, etag: put.headers.get('etag'), url };
      }),
    );
    const forged = credentials[0].url.replace('part=1', 'part=2');
    expect((await fetch(forged, { method: 'PUT', body: 'x' })).status).toBe(403);
    expect((await call('GET', `${STORE}/0/parts/model%20file.bin`)).status).toBe(404);

    const done = { path: asked.path, upload_id, parts };
    expect((await call('POST', `${MPU}/complete/0/parts`, done)).json).toEqual({});
    const { url, file_size } = (await call('GET', '/api/2.0/mlflow-artifacts/presigned/0/parts/model%20file.bin')).json;
    const got = await fetch(url);
    expect(Buffer.from(await got.arrayBuffer()).equals(Buffer.concat(bodies))).toBe(true);
    expect(file_size).toBe(12 * MIB + 100);
  });
});

describe('a path that leads out', () => {
  it.each(['..%2fsecret', 'a/..%2f..%2fsecret', 'a/%252e%252e%252fb', 'a%5cb', '%2fetc/passwd', 'a%23b', 'c:%2fx'])(
    '%s is refused, byte for byte as MLflow does',
    async (path) => {
      const expected = [400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' }];
      const listed = await call('GET', `${STORE}?path=${path}`);
      expect([listed.status, listed.json]).toEqual(expected);
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const { status, json } = await call(method, `${STORE}/${path}`, method === 'PUT' ? 'x' : undefined);
        expect([status, json]).toEqual(expected);
      }
    },
  );
});
