import { beforeEach, describe, expect, it } from 'vitest';
import { packageRoutes } from '../../../functions/http/api/packages.ts';
import type { PackageDocument, RequestedPackage } from '../../../shared/packaging/package-document.ts';
import { createPackageStore } from '../../../shared/packaging/package-store.ts';
import { findPackage, modelIdOf } from '../../../shared/packaging/request-package.ts';
import type { Grant } from '../../../shared/platform/access/grant.ts';
import type { Method } from '../../../shared/platform/http/route.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import { createRegistryStore } from '../../../shared/registry/store.ts';
import { basic, bearer, createAccessWorld, ROOT_TOKEN } from '../../support/access.ts';
import { callerOf } from '../../support/call-route.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const CAUSE = { causedBy: 'evt-1', correlationId: 'evt-1' };
const DIGEST = `sha256:${'0'.repeat(64)}`;

const createSite = async () => {
  const access = createAccessWorld();
  const documents = createMemoryDocuments();
  const time = { now: epochMs(1_767_225_600_000) };
  const services = {
    registry: createRegistryStore(documents),
    packageStore: createPackageStore(documents),
    clock: () => time.now,
    log: access.log,
    access: access.access,
  };
  for (const name of ['heart', 'fraud']) {
    await createModel(services, { name }, CAUSE);
    for (const _ of [1, 2]) await createVersion(services, { name, source: 's3://bucket/m' }, CAUSE);
  }
  const call = callerOf(packageRoutes, services);
  const as = (headers: Record<string, string>) => async (method: Method, path: string, body?: unknown) => {
    time.now = addMs(time.now, 1_000);
    const answer = await call(method, `/api/v1/packages${path}`, { headers, ...(body === undefined ? {} : { body }) });
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    return { status: 200, ...answer, json: answer.json as any };
  };
  /** Ends what was asked for, as a build does. */
  const end = async (model: string, version: string, change: (request: RequestedPackage) => PackageDocument) => {
    const modelId = await modelIdOf(services, model);
    const stored = await services.packageStore.read(modelId, version);
    if (stored?.value.phase !== 'requested') throw new Error('nobody asked for it');
    await services.packageStore.save(modelId, change(stored.value), { etag: stored.etag });
  };
  const asOne = async (...grants: Grant[]) => as(bearer(await access.tokenFor(grants)));
  return { services, end, ask: as(basic('grace', ROOT_TOKEN)), asOne };
};

let site: Awaited<ReturnType<typeof createSite>>;
beforeEach(async () => {
  site = await createSite();
});

const request = (model: string, version: string) => site.ask('POST', '', { model, version });

const built = ({ wakeUp: _, ...base }: RequestedPackage): PackageDocument => ({
  ...base,
  phase: 'built',
  wakeUp: null,
  image: `images.example/models/heart@${DIGEST}`,
  digest: DIGEST,
  sizeBytes: 10,
  durationMs: 5,
  builtAt: '2026-01-01T00:00:00.000Z',
  servingInput: '{"inputs":[1]}',
});

describe('asking for a package', () => {
  it('asks for a build, and says where to look', async () => {
    const { status, headers, json } = await request('heart', '1');

    expect(status).toBe(202);
    expect(headers?.['Location']).toBe('/api/v1/packages/heart/1');
    expect(json).toMatchObject({ model: 'heart', version: '1', phase: 'requested' });
    expect(await findPackage(site.services, { model: 'heart', version: '1' })).toMatchObject({
      wakeUp: { queue: 'build-package' },
    });
  });

  it('changes nothing the second time, and says so of one that is built', async () => {
    await request('heart', '1');
    const again = await request('heart', '1');
    await site.end('heart', '1', built);
    const done = await request('heart', '1');

    expect([again.status, done.status]).toEqual([202, 200]);
    expect(done.json).toMatchObject({ phase: 'built', digest: DIGEST, hasExample: true });
  });

  it('tries one again that was refused', async () => {
    await request('heart', '1');
    await site.end('heart', '1', (asked) => ({
      ...asked,
      phase: 'refused',
      wakeUp: null,
      code: 'file-missing',
      message: 'model.onnx is not there',
    }));
    expect((await site.ask('GET', '/heart/1')).json).toMatchObject({
      phase: 'refused',
      refused: { code: 'file-missing', message: 'model.onnx is not there' },
    });

    expect(await request('heart', '1')).toMatchObject({ status: 202, json: { phase: 'requested' } });
  });

  it.each([
    [{ model: 'heart', version: '9' }, 404],
    [{ model: 'nobody', version: '1' }, 404],
    [{ model: 'heart', version: '01' }, 400],
    [{ model: 'heart', version: 'latest' }, 400],
    [{ model: 'heart' }, 400],
  ])('answers %j with %i', async (body, status) => {
    expect((await site.ask('POST', '', body)).status).toBe(status);
  });
});

describe('a package', () => {
  it('says what it waits for', async () => {
    await request('heart', '1');
    const waitingFor = { environment: 'abc', since: '2026-01-01T00:00:00.000Z' };
    await site.end('heart', '1', (asked) => ({ ...asked, waitingFor }));

    expect((await site.ask('GET', '/heart/1')).json).toMatchObject({ phase: 'requested', waitingFor });
  });

  it('is not there before somebody asks for it', async () => {
    const { status, json } = await site.ask('GET', '/heart/2');

    expect([status, json.detail]).toEqual([404, "version 2 of 'heart' has no package: ask for one"]);
  });
});

describe('the list of packages', () => {
  const listed = async (query = '', ask = site.ask) => {
    const { json } = await ask('GET', query);
    return json.items.map(({ model, version }: { model: string; version: string }) => `${model} ${version}`);
  };

  beforeEach(async () => {
    for (const [model, version] of [
      ['heart', '1'],
      ['fraud', '1'],
      ['heart', '2'],
    ] as const)
      await request(model, version);
  });

  it('has the last asked for first, of all models or of one', async () => {
    expect(await listed()).toEqual(['heart 2', 'fraud 1', 'heart 1']);
    expect(await listed('?model=heart')).toEqual(['heart 2', 'heart 1']);
    expect(await listed('?model=nobody')).toEqual([]);
  });

  it('comes in pages', async () => {
    const first = await site.ask('GET', '?limit=2');
    const second = await site.ask('GET', `?limit=2&cursor=${encodeURIComponent(first.json.next)}`);

    expect([first.json.items, second.json.items].map(({ length }) => length)).toEqual([2, 1]);
    expect(second.json.next).toBeUndefined();
  });

  it('has the names that models have now, and none of deleted models', async () => {
    await renameModel(site.services, { name: 'heart', newName: 'cardio' }, CAUSE);
    await deleteModel(site.services, 'fraud', CAUSE);

    expect(await listed()).toEqual(['cardio 2', 'cardio 1']);
    expect((await site.ask('GET', '/cardio/1')).json.model).toBe('cardio');
    expect((await site.ask('GET', '/heart/1')).status).toBe(404);
  });

  it('shows who may read some models those alone', async () => {
    const ask = await site.asOne({ role: 'reader', models: ['fraud'] });

    expect(await listed('', ask)).toEqual(['fraud 1']);
    expect(await listed('?model=heart', ask)).toEqual([]);
    expect((await ask('GET', '/heart/1')).status).toBe(403);
    expect((await ask('POST', '', { model: 'fraud', version: '2' })).status).toBe(403);
  });
});
