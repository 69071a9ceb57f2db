import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { createModelSource } from '../../../shared/packaging/files/model-source.ts';
import { createOriginFiles } from '../../../shared/packaging/files/origin-files.ts';
import type { Egress } from '../../../shared/platform/http/egress.ts';
import type { OriginServerInput } from '../../../shared/registry/mirror/origin-server.ts';
import { createMemoryBlobs } from '../../support/registry/memory-blobs.ts';
import { createMirrorWorld } from '../../support/registry/mirror-world.ts';

const BASE = 'https://mlflow.example.org';
const ROOT = '1/models/m-1/artifacts';
const VERSION = {
  source: 'models:/m-1',
  location: `${BASE}/api/2.0/mlflow-artifacts/artifacts/${ROOT}`,
  originOf: { server: 'research', name: 'heart', version: '7' },
};

const setUp = async (input: Partial<OriginServerInput> = {}, egress?: Egress) => {
  const world = createMirrorWorld();
  await world.setUp('research', input);
  const services = egress === undefined ? world.services : { ...world.services, egress };
  const { filesOf } = createModelSource({
    blobs: createMemoryBlobs(),
    ownHosts: ['us:7071'],
    azureMlFiles: async () => Promise.reject(new Error('not asked')),
    originFiles: createOriginFiles(services),
  });
  return { ...world, filesOf };
};

const listed = async (files: ModelFiles): Promise<Record<string, number>> => {
  const found: Record<string, number> = {};
  for await (const { path, size } of files.list()) found[path] = size;
  return found;
};

const opened = async (found: { files: ModelFiles } | { unreachable: string }): Promise<ModelFiles> => {
  if ('unreachable' in found) throw new Error(found.unreachable);
  return found.files;
};

describe('the files of a version that an MLflow server has', () => {
  it('are listed and read through its artifact proxy, folder by folder', async () => {
    const { filesOf, origin } = await setUp();
    origin.files.set(`${ROOT}/MLmodel`, 'flavors: {}');
    origin.files.set(`${ROOT}/data/a b.bin`, 'bytes');
    origin.files.set('1/models/other/secret', 'not ours');

    const files = await opened(await filesOf(VERSION));

    expect(await listed(files)).toEqual({ MLmodel: 11, 'data/a b.bin': 5 });
    expect((await buffer(await files.open('data/a b.bin'))).toString()).toBe('bytes');
    expect(origin.asked.at(-1)).toBe(`/api/2.0/mlflow-artifacts/artifacts/${ROOT}/data/a%20b.bin`);
  });

  it('are found by asking where nobody could tell before', async () => {
    const { filesOf, origin } = await setUp();
    origin.versions.set('heart/7', { source: 'models:/m-1', artifactUri: `mlflow-artifacts:/${ROOT}` });
    origin.files.set(`${ROOT}/MLmodel`, 'flavors: {}');

    const files = await opened(await filesOf({ source: VERSION.source, originOf: VERSION.originOf }));

    expect(await listed(files)).toEqual({ MLmodel: 11 });
  });

  it('are found where the run that logged them put them', async () => {
    const { filesOf, origin } = await setUp();
    const source = 'runs:/0123/model';
    origin.versions.set('heart/7', { source });
    origin.runs.set('0123', 'mlflow-artifacts:/1/0123/artifacts');
    origin.files.set('1/0123/artifacts/model/MLmodel', 'flavors: {}');

    const files = await opened(await filesOf({ source, originOf: VERSION.originOf }));

    expect(await listed(files)).toEqual({ MLmodel: 11 });
  });

  it('are found again after the server has moved', async () => {
    const { filesOf, origin } = await setUp({ url: 'https://moved.example.org' });
    origin.versions.set('heart/7', { source: 'models:/m-1', artifactUri: `mlflow-artifacts:/${ROOT}` });
    origin.files.set(`${ROOT}/MLmodel`, 'flavors: {}');

    expect(await listed(await opened(await filesOf(VERSION)))).toEqual({ MLmodel: 11 });
  });

  it('are behind a proxy that is mounted below a path', async () => {
    const { filesOf, origin } = await setUp({ url: `${BASE}/team/` });
    const location = `${BASE}/team/api/2.0/mlflow-artifacts/artifacts/${ROOT}`;

    await filesOf({ ...VERSION, location });

    expect(origin.asked).toEqual([`/team/api/2.0/mlflow-artifacts/artifacts?path=${encodeURIComponent(ROOT)}`]);
  });

  it.each([
    [
      's3://bucket/model',
      undefined,
      "'s3://bucket/model' is not behind the artifact proxy of the origin server 'research'",
    ],
    ['/srv/mlruns/1/model', undefined, 'is not behind the artifact proxy'],
    ['mlflow-artifacts:/../../etc', undefined, 'is not behind the artifact proxy'],
    ['mlflow-artifacts://us:7071/0/ours', undefined, 'is not behind the artifact proxy'],
    ['http://us:7071/api/2.0/mlflow-artifacts/artifacts/0/ours', undefined, 'is not behind the artifact proxy'],
    ['azureml://subscriptions/1/models/heart/versions/2', undefined, 'is not behind the artifact proxy'],
    ['runs:/0123/../../../other', undefined, 'is not behind the artifact proxy'],
    ['runs:/4567/model', undefined, 'is not behind the artifact proxy'],
    ['models:/m-1', 's3://bucket/model', 'is not behind the artifact proxy'],
    ['models:/m-1', 'http://169.254.169.254/api/2.0/mlflow-artifacts/artifacts/x', 'is not behind the artifact proxy'],
  ])('cannot be read when they are at %s (%s)', async (source, artifactUri, reason) => {
    const { filesOf, origin } = await setUp();
    origin.runs.set('0123', 'mlflow-artifacts:/1/0123/artifacts');
    origin.versions.set('heart/7', { source, ...(artifactUri === undefined ? {} : { artifactUri }) });

    const found = await filesOf({ source, originOf: VERSION.originOf });

    expect(found).toEqual({ unreachable: expect.stringContaining(reason) });
  });

  it('cannot be read once the server is no longer set up', async () => {
    const { filesOf, services } = await setUp();
    await services.origins.delete('research');

    expect(await filesOf(VERSION)).toEqual({ unreachable: "the origin server 'research' is no longer set up here" });
  });

  it('cannot be read with a credential that is not accepted', async () => {
    const { filesOf, origin } = await setUp({ credential: { user: 'ada', password: 'wrong' } });
    origin.authorization = `Basic ${Buffer.from('ada:right').toString('base64')}`;

    expect(await filesOf(VERSION)).toEqual({
      unreachable: expect.stringContaining('answered 401: give it a credential'),
    });
  });

  it('are waited for while the server has a problem', async () => {
    const { filesOf, origin } = await setUp();
    origin.broken = 503;

    await expect(filesOf(VERSION)).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });
});

/** A server that answers every listing with these entries. */
const lying = (files: readonly object[], asked: string[] = []): Egress => ({
  post: () => Promise.reject(new Error('not asked')),
  get: async (url) => {
    asked.push(url);
    return { status: 200, headers: {}, body: Readable.from([Buffer.from(JSON.stringify({ files }))]) };
  },
});

describe('a server that lists what it should not', () => {
  it.each(['../up', '..', '/etc', 'a//b', 'a\\b', 'line\nbreak', '.wh.x', '', 'x'.repeat(2000)])(
    'is not asked for %j, which is left to be refused as a bad path',
    async (path) => {
      const asked: string[] = [];
      const { filesOf } = await setUp(
        {},
        lying(
          [
            { path, is_dir: true },
            { path, is_dir: false, file_size: 9 },
          ],
          asked,
        ),
      );

      const files = await opened(await filesOf(VERSION));

      expect(await listed(files)).toEqual({ [path]: 0 });
      expect(asked).toHaveLength(1);
    },
  );

  it.each([
    ['folders without end', [{ path: 'deeper', is_dir: true }], 'more than 1000 folders'],
    ['files without size', [{ path: 'MLmodel', is_dir: false }], "does not tell the size of 'MLmodel'"],
    ['files of a size below nothing', [{ path: 'MLmodel', file_size: -1 }], 'answers what no registry of MLflow does'],
    ['paths that are no text', [{ path: 7, is_dir: false }], 'answers what no registry of MLflow does'],
  ])('is not believed: %s', async (_, files, reason) => {
    const { filesOf } = await setUp({}, lying(files));

    const found = await filesOf(VERSION);

    // So deep a path is longer than any may be, which ends the search as well.
    if ('unreachable' in found) expect(found.unreachable).toContain(reason);
    else expect(Object.keys(await listed(found.files)).some((path) => path.length > 1000)).toBe(true);
  });
});

describe('the files of a version that Databricks has', () => {
  it('are listed page by page, and read from the URLs it signs, without its credential', async () => {
    const seen: [string, Readonly<Record<string, string>>][] = [];
    const answers: Record<string, object | string> = {
      'list-artifacts path=': { files: [{ path: 'MLmodel', file_size: '3' }], next_page_token: 'two' },
      'list-artifacts path= two': { files: [{ path: 'data', is_dir: true }] },
      'list-artifacts path=data': { files: [{ path: 'data/model.onnx', is_dir: false, file_size: 4 }] },
      'get-signed-download-uri path=data/model.onnx': {
        signed_uri: 'https://store.example.org/signed?sig=1',
        headers: [{ name: 'x-ms-version', value: '1' }],
      },
      '/signed': 'onnx',
    };
    const { filesOf } = await setUp(
      { dialect: 'databricks', credential: { token: 'dapi' } },
      {
        post: () => Promise.reject(new Error('not asked')),
        get: async (text, { headers }) => {
          seen.push([text, headers]);
          const url = new URL(text);
          const page = url.searchParams.get('page_token');
          const call = url.pathname.split('/').at(-1) ?? '';
          const key = url.host.startsWith('store')
            ? '/signed'
            : `${call} path=${url.searchParams.get('path')}${page === null ? '' : ` ${page}`}`;
          const answer = answers[key];
          const text1 = typeof answer === 'string' ? answer : JSON.stringify(answer);
          return {
            status: answer === undefined ? 404 : 200,
            headers: {},
            body: Readable.from([Buffer.from(text1 ?? '{}')]),
          };
        },
      },
    );

    const files = await opened(await filesOf({ source: 'dbfs:/m', originOf: VERSION.originOf }));

    expect(await listed(files)).toEqual({ MLmodel: 3, 'data/model.onnx': 4 });
    expect((await buffer(await files.open('data/model.onnx'))).toString()).toBe('onnx');
    expect(seen[0]?.[1]).toMatchObject({ authorization: 'Bearer dapi' });
    expect(seen.at(-1)).toEqual(['https://store.example.org/signed?sig=1', { 'x-ms-version': '1' }]);
  });
});
