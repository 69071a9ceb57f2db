import { Readable } from 'node:stream';
import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { writeArtifact } from '../../../shared/artifacts/artifact-store.ts';
import { newUploadId, putPart } from '../../../shared/artifacts/multipart.ts';
import { createSignedUrls } from '../../../shared/artifacts/signed-urls.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { createRegistryServices, SIGNING, send } from '../../support/registry/registry-server.ts';

const STORE = 'api/2.0/mlflow-artifacts/artifacts';
const MPU = 'api/2.0/mlflow-artifacts/mpu';
const NOW = 1_767_225_600_000;

let services: MlflowServices;
let now = NOW;

beforeEach(() => {
  now = NOW;
  const signedUrls = createSignedUrls({ ...SIGNING, clock: () => epochMs(now) });
  services = createRegistryServices(undefined, { signedUrls });
});

const put = (path: string, body: string | Buffer, headers = {}) =>
  send(services, { method: 'PUT', path: `${STORE}/${path}`, body, headers });
const get = (path: string, headers = {}) => send(services, { method: 'GET', path: `${STORE}/${path}`, headers });
const post = (path: string, fields: object) =>
  send(services, {
    method: 'POST',
    path: `${MPU}/${path}`,
    body: JSON.stringify(fields),
    contentType: 'application/json',
  });
/** A request to a signed URL, which carries nothing else. */
const follow = (
  url: string,
  rest: { method?: 'GET' | 'PUT'; body?: string | Buffer; headers?: Record<string, string> },
) => {
  const { pathname, searchParams } = new URL(url);
  return send(services, { method: 'PUT', ...rest, path: pathname.slice(1), query: searchParams });
};

describe('a range of a file', () => {
  beforeEach(() => put('0/m/file.bin', '0123456789'));

  it.each([
    ['bytes=0-0', '0', 'bytes 0-0/10'],
    ['bytes=2-4', '234', 'bytes 2-4/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-3', '789', 'bytes 7-9/10'],
    ['bytes=5-100', '56789', 'bytes 5-9/10'],
  ])('%s is %s', async (range, expected, contentRange) => {
    const { status, bytes, headers } = await get('0/m/file.bin', { range });
    expect([status, bytes.toString(), headers?.['Content-Range'], headers?.['Content-Length']]).toEqual([
      206,
      expected,
      contentRange,
      String(expected.length),
    ]);
  });

  it.each(['bytes=10-', 'bytes=-0', 'bytes=99-100'])('%s is refused, with the size', async (range) => {
    const { status, json, headers } = await get('0/m/file.bin', { range });
    expect([status, json.error_code, headers?.['Content-Range']]).toEqual([
      416,
      'INVALID_PARAMETER_VALUE',
      'bytes */10',
    ]);
  });

  it.each(['bytes=0-1,4-5', 'lines=0-1', 'bytes', 'bytes=x-y'])('%s is answered by the whole', async (range) => {
    const { status, bytes, headers } = await get('0/m/file.bin', { range });
    expect([status, bytes.toString(), headers?.['Accept-Ranges']]).toEqual([200, '0123456789', 'bytes']);
  });

  it('is the whole when the file is not the one that was begun', async () => {
    const { headers } = await get('0/m/file.bin');
    const etag = headers?.['ETag'] ?? '';
    expect((await get('0/m/file.bin', { range: 'bytes=5-', 'if-range': etag })).status).toBe(206);
    expect((await get('0/m/file.bin', { range: 'bytes=5-', 'if-range': '"other"' })).status).toBe(200);
  });

  it('is not sent again to who has the file', async () => {
    const etag = (await get('0/m/file.bin')).headers?.['ETag'] ?? '';
    const { status, bytes } = await get('0/m/file.bin', { 'if-none-match': `"x", ${etag}` });
    expect([status, bytes.length]).toEqual([304, 0]);
  });

  it('of a missing file is missing', async () => {
    expect((await get('0/none', { range: 'bytes=0-1' })).status).toBe(404);
  });
});

describe('an upload that is not what was announced', () => {
  it.each(['3', '5'])('as %s bytes where 4 came leaves nothing', async (length) => {
    const { status, json } = await put('0/half', 'half', { 'content-length': length });
    expect([status, json.error_code]).toEqual([400, 'BAD_REQUEST']);
    expect((await get('0/half')).status).toBe(404);
  });

  it('because it broke off is the sender’s failure, whether it is a file or a part', async () => {
    const breaking = () =>
      Readable.from(
        (function* () {
          yield Buffer.from('half');
          throw new Error('aborted');
        })(),
      );
    const part = { path: '0/half', uploadId: newUploadId(), part: 1 };
    const expected = { code: 'BAD_REQUEST', message: 'the body broke off before its end' };
    await expect(writeArtifact(services.blobs, '0/half', breaking(), 8)).rejects.toMatchObject(expected);
    await expect(writeArtifact(services.blobs, '0/half', breaking())).rejects.toMatchObject(expected);
    await expect(putPart(services.blobs, part, breaking(), 8)).rejects.toMatchObject(expected);
  });
});

it('that the store cannot take is the store’s failure', async () => {
  const failing = async () => {
    throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the store is busy');
  };
  const blobs = { ...services.blobs, write: failing, stageBlock: failing };
  const body = () => Readable.from([Buffer.alloc(5 * 1024 * 1024), Buffer.alloc(5 * 1024 * 1024)]);
  const part = { path: '0/m', uploadId: newUploadId(), part: 1 };
  const expected = { code: 'TEMPORARILY_UNAVAILABLE' };
  await expect(writeArtifact(blobs, '0/m', body(), 10 * 1024 * 1024)).rejects.toMatchObject(expected);
  await expect(putPart(blobs, part, body(), 10 * 1024 * 1024)).rejects.toMatchObject(expected);
});

describe('an upload in parts', () => {
  const create = async (parts: number, path = '/models/big.bin', directory = '0/m') =>
    (await post(`create/${directory}`, { path, num_parts: parts })).json;

  const upload = async (bodies: readonly (string | Buffer)[]) => {
    const { upload_id, credentials } = await create(bodies.length);
    const parts = [];
    for (const { url, part_number } of credentials) {
      const { headers } = await follow(url, { body: bodies[part_number - 1] ?? '' });
      parts.push({ part_number, etag: headers?.['ETag'], url });
    }
    return { path: '/models/big.bin', upload_id, parts };
  };

  it('is seen once it is complete, in the order of the parts', async () => {
    const large = Buffer.alloc(9 * 1024 * 1024, 'x');
    const done = await upload([large, 'middle', 'end']);
    expect((await get('0/m/big.bin')).status).toBe(404);
    expect((await post('complete/0/m', { ...done, parts: done.parts.toReversed() })).json).toEqual({});
    const { bytes } = await get('0/m/big.bin');
    expect([bytes.length, bytes.subarray(-9).toString()]).toEqual([large.length + 9, 'middleend']);
  });

  it('takes a part again, and then the last one', async () => {
    const { upload_id, credentials } = await create(1);
    const [{ url }] = credentials;
    await follow(url, { body: 'first' });
    const { headers } = await follow(url, { body: 'second' });
    const parts = [{ part_number: 1, etag: headers?.['ETag'], url }];
    await post('complete/0/m', { path: 'big.bin', upload_id, parts });
    expect((await get('0/m/big.bin')).bytes.toString()).toBe('second');
  });

  it('is named by the last segment of the client’s path, of whatever system', async () => {
    const { credentials } = await create(1, String.raw`C:\models\big one.bin`, '0/m');
    expect(new URL(credentials[0].url).pathname).toBe(`/${MPU}/parts/0/m/big%20one.bin`);
  });

  it('gives URLs for one part each, whoever holds them, and for six hours', async () => {
    const { credentials } = await create(2);
    const [first, second] = credentials.map(({ url }: { url: string }) => url);
    const swapped = new URL(first);
    swapped.searchParams.set('part', '2');
    const elsewhere = first.replace('big.bin', 'other.bin');
    const longer = first.replace(/expires=\d+/, `expires=${NOW + 99 * 3_600_000}`);
    for (const url of [String(swapped), elsewhere, longer, first.replace(/signature=[^&]+/, 'signature=AAAA')]) {
      const { status, json } = await follow(url, { body: 'x' });
      expect([status, json.error_code]).toEqual([403, 'PERMISSION_DENIED']);
    }
    now = NOW + 6 * 3_600_000 - 1;
    expect((await follow(second, { body: 'x' })).status).toBe(200);
    now += 1;
    expect((await follow(second, { body: 'x' })).json.message).toBe('this URL has expired: ask for another');
  });

  it('needs every part, each with its tag', async () => {
    const done = await upload(['a', 'b']);
    const [first, second] = done.parts;
    for (const parts of [
      [],
      [second],
      [first, first],
      [first, { ...second, etag: '' }],
      [first, { ...second, etag: '"9.zz"' }],
    ]) {
      const { status, json } = await post('complete/0/m', { ...done, parts });
      expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
    }
    expect((await get('0/m/big.bin')).status).toBe(404);
  });

  it('that was overtaken by another of the same file is refused', async () => {
    const [one, two] = [await upload(['one']), await upload(['two'])];
    expect((await post('complete/0/m', one)).status).toBe(200);
    const { status, json } = await post('complete/0/m', two);
    expect([status, json.error_code]).toEqual([409, 'RESOURCE_CONFLICT']);
    expect((await get('0/m/big.bin')).bytes.toString()).toBe('one');
  });

  it('can be given up, any number of times', async () => {
    const { path, upload_id } = await upload(['a']);
    for (const _ of [1, 2]) expect((await post('abort/0/m', { path, upload_id })).json).toEqual({});
    expect((await get('0/m/big.bin')).status).toBe(404);
  });

  it.each([
    ['create/0/m', { path: 'x', num_parts: 0 }],
    ['create/0/m', { path: 'x', num_parts: 10_001 }],
    ['create/0/m', { num_parts: 1 }],
    ['create/a%5cb', { path: 'x', num_parts: 1 }],
    ['complete/0/m', { path: 'x', upload_id: 'none', parts: [{ part_number: 1, etag: 'x' }] }],
    ['complete/0/m', { path: 'x', upload_id: '0'.repeat(32) }],
    ['abort/0/m', { path: 'x', upload_id: '../x' }],
    ['abort/0/m', { path: '..', upload_id: '0'.repeat(32) }],
  ])('%s refuses %j', async (path, fields) => {
    const { status, json } = await post(path, fields);
    expect([status, json.error_code]).toEqual([400, 'INVALID_PARAMETER_VALUE']);
  });
});

describe('a presigned download', () => {
  it('gives the file, in ranges, for an hour', async () => {
    await put('0/m/fi le.bin', '0123456789');
    const asked = { method: 'GET', path: 'api/2.0/mlflow-artifacts/presigned/0/m/fi%20le.bin' } as const;
    const { url, headers, file_size } = (await send(services, asked)).json;
    expect([headers, file_size]).toEqual([{}, 10]);
    const read = (at: string) => follow(at, { method: 'GET', headers: { range: 'bytes=2-3' } });
    expect((await read(url)).bytes.toString()).toBe('23');
    expect((await read(url.replace('fi%20le', 'other'))).status).toBe(403);
    now += 3_600_000;
    expect((await read(url)).status).toBe(403);
  });

  it('of what is not there is refused', async () => {
    const { status } = await send(services, { method: 'GET', path: 'api/2.0/mlflow-artifacts/presigned/0/none' });
    expect(status).toBe(404);
  });
});

it('says what this server can do', async () => {
  for (const path of ['api/3.0/mlflow/server-info', 'ajax-api/3.0/mlflow/server-info']) {
    expect((await send(services, { method: 'GET', path })).json).toEqual({
      store_type: 'SqlStore',
      workspaces_enabled: false,
      multipart_uploads_enabled: true,
      multipart_downloads_enabled: true,
    });
  }
});
