import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { createAccessWorld } from '../../support/access.ts';
import { createRegistryServices, mlflowClient, send } from '../../support/registry/registry-server.ts';

const ROOT = 'api/2.0/mlflow-artifacts/artifacts';

describe('artifact store', () => {
  let services: MlflowServices;

  beforeEach(() => {
    services = createRegistryServices();
  });

  const put = (path: string, body: string | Buffer) => send(services, { method: 'PUT', path: `${ROOT}/${path}`, body });
  const get = (path: string, root = ROOT) => send(services, { method: 'GET', path: `${root}/${path}` });
  const list = async (path?: string) => {
    const query = new URLSearchParams(path === undefined ? {} : { path });
    return (await send(services, { method: 'GET', path: ROOT, query })).json;
  };

  it('gives back what was stored, as an attachment that no browser guesses about', async () => {
    expect((await put('0/m/MLmodel', 'flavors: {}')).json).toEqual({});
    const { status, bytes, headers } = await get('0/m/MLmodel', 'ajax-api/2.0/mlflow-artifacts/artifacts');
    expect(status).toBe(200);
    expect(bytes.toString()).toBe('flavors: {}');
    expect(headers).toMatchObject({
      'Content-Type': 'text/plain',
      'Content-Length': '11',
      'Content-Disposition': 'attachment; filename=MLmodel',
      'X-Content-Type-Options': 'nosniff',
    });
  });

  it.each([
    ['a/model.pkl', 'application/octet-stream'],
    ['a/conda.yaml', 'text/plain'],
    ['a/input_example.json', 'text/plain'],
    ['a/plot.png', 'image/png'],
    ['a/yaml', 'application/octet-stream'],
  ])('says of %s that it is %s', async (path, type) => {
    await put(path, Buffer.from([0, 1, 2, 255]));
    const { bytes, headers } = await get(path);
    expect(bytes).toEqual(Buffer.from([0, 1, 2, 255]));
    expect(headers?.['Content-Type']).toBe(type);
  });

  it('names a file of any script', async () => {
    await put('a/模 (1).txt', 'x');
    expect((await get('a/模 (1).txt')).headers?.['Content-Disposition']).toBe(
      "attachment; filename*=UTF-8''%E6%A8%A1%20%281%29.txt",
    );
  });

  it('takes an empty file and replaces a file', async () => {
    await put('a/empty', '');
    expect((await get('a/empty')).bytes.length).toBe(0);
    await put('a/empty', 'full');
    expect((await get('a/empty')).bytes.toString()).toBe('full');
  });

  it('lists what is directly in a directory: files with size, directories without', async () => {
    for (const path of ['0/m/b.txt', '0/m/a/x.txt', '0/m/a/y.txt', '0/mm/z']) await put(path, 'xyz');
    expect(await list('0/m')).toEqual({
      files: [
        { path: 'a', is_dir: true },
        { path: 'b.txt', is_dir: false, file_size: 3 },
      ],
    });
    expect(await list()).toEqual({ files: [{ path: '0', is_dir: true }] });
    expect(await list('0/m/b.txt')).toEqual({});
    expect(await list('missing')).toEqual({});
  });

  it('deletes a file, a directory, and what is not there', async () => {
    for (const path of ['0/m/a/x.txt', '0/m/b.txt', '0/mm']) await put(path, 'xyz');
    for (const path of ['0/m', '0/m', '0/mm']) {
      const { status, json } = await send(services, { method: 'DELETE', path: `${ROOT}/${path}` });
      expect([status, json]).toEqual([200, {}]);
    }
    expect(await list()).toEqual({});
  });

  it('says that a missing file is missing', async () => {
    const { status, json } = await get('0/nothing');
    expect([status, json.error_code]).toEqual([404, 'RESOURCE_DOES_NOT_EXIST']);
  });

  it.each(['..%2fsecret', 'a/%252e%252e/b', '%2fetc/passwd', 'a%5cb', 'a%23b'])('refuses the path %s', async (path) => {
    const refused = [400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' }];
    for (const answered of [await get(path), await put(path, 'x')]) {
      expect([answered.status, answered.json]).toEqual(refused);
    }
    const query = new URLSearchParams({ path: decodeURIComponent(path) });
    const listed = await send(services, { method: 'GET', path: ROOT, query });
    expect([listed.status, listed.json]).toEqual(refused);
  });

  it('gives a file of a model version, wherever in the store it is', async () => {
    const client = mlflowClient(services);
    await client.post('registered-models/create', { name: 'heart' });
    for (const source of ['mlflow-artifacts:/0/m', 'models:/heart/1', 's3://bucket/m']) {
      await client.post('model-versions/create', { name: 'heart', source });
    }
    await put('0/m/MLmodel', 'flavors: {}');
    const download = (version: string, path = 'MLmodel') =>
      send(services, {
        method: 'GET',
        path: 'model-versions/get-artifact',
        query: new URLSearchParams({ name: 'heart', version, path }),
      });
    expect((await download('1')).bytes.toString()).toBe('flavors: {}');
    expect((await download('2')).bytes.toString()).toBe('flavors: {}');
    expect((await download('3')).json).toEqual({
      error_code: 'INVALID_STATE',
      message: "version 3 of 'heart' has no files here: this server has no access to 's3://bucket/m'",
    });
    expect((await download('1', '../secret')).json.message).toBe('Invalid path');
  });
});

describe('ping', () => {
  it.each([
    ['health', 'OK'],
    ['version', '3.6.0'],
  ])('%s answers %s', async (path, expected) => {
    const services = createRegistryServices(undefined, { access: createAccessWorld().access });
    const { status, bytes } = await send(services, { method: 'GET', path });
    expect([status, bytes.toString()]).toEqual([200, expected]);
  });

  it('is the only thing that needs no token', async () => {
    const services = createRegistryServices(undefined, { access: createAccessWorld().access });
    const { status, json } = await send(services, { method: 'GET', path: 'api/2.0/mlflow/registered-models/search' });
    expect([status, json.error_code]).toEqual([401, 'UNAUTHENTICATED']);
  });
});
