import { describe, expect, it } from 'vitest';
import { originRoutes } from '../../../functions/http/api/origins.ts';
import { callerOf } from '../../support/call-route.ts';
import { createMirrorWorld } from '../../support/registry/mirror-world.ts';

const PATH = '/api/v1/origins/research';
const SECRET = 'a-secret-of-some-length';
const ORIGIN = { dialect: 'mlflow', url: 'https://mlflow.example.org/base/' };
const SHOWN = {
  name: 'research',
  dialect: 'mlflow',
  url: 'https://mlflow.example.org/base',
  models: ['*'],
  prefix: '',
  credential: false,
  webhookUrl: 'https://slipway.example/webhooks/mlflow?origin=research',
};

const setUp = () => {
  const { services } = createMirrorWorld();
  const call = callerOf(originRoutes, { ...services, publicUrl: 'https://slipway.example/' });
  const put = (body: object, headers = {}) => call('PUT', PATH, { body, headers });
  return { services, call, put };
};

describe('origin servers', () => {
  it('are created, shown, listed and removed without ever showing a secret', async () => {
    const { call, put } = setUp();
    const credential = { user: 'ada', password: 'hunter2-hunter2' };

    const created = await put({ ...ORIGIN, secret: SECRET, credential, models: ['heart*'], prefix: 'r-' });
    const shown = await call('GET', PATH);
    const listed = await call('GET', '/api/v1/origins');
    const view = { ...SHOWN, credential: true, models: ['heart*'], prefix: 'r-' };

    expect([created.json, shown.json, listed.json]).toEqual([view, view, { items: [view] }]);
    expect(JSON.stringify([created, shown, listed])).not.toMatch(/a-secret|hunter2|sealed/i);
    expect(await call('DELETE', PATH)).toMatchObject({ status: 204 });
    expect(await call('DELETE', PATH)).toMatchObject({ status: 204 });
    expect(await call('GET', PATH)).toMatchObject({ status: 404 });
  });

  it('are stored with their secrets sealed', async () => {
    const { services, put } = setUp();

    await put({ ...ORIGIN, secret: SECRET, credential: { token: 'hunter2-hunter2' } });

    expect(JSON.stringify(await services.origins.list())).not.toMatch(/a-secret|hunter2/);
  });

  it('keep what a later PUT leaves out, and lose a credential that is null', async () => {
    const { services, put } = setUp();
    await put({ ...ORIGIN, secret: SECRET, credential: { token: 'hunter2' } });
    const before = (await services.origins.get('research'))?.value;

    const kept = await put({ ...ORIGIN, models: ['heart'] });
    const after = (await services.origins.get('research'))?.value;
    const removed = await put({ ...ORIGIN, credential: null });

    expect(kept.json).toMatchObject({ credential: true });
    expect([after?.sealedSecret, after?.sealedCredential]).toEqual([before?.sealedSecret, before?.sealedCredential]);
    expect(removed.json).toMatchObject({ credential: false });
  });

  it('never show the credential of one host to another', async () => {
    const { put } = setUp();
    await put({ ...ORIGIN, secret: SECRET, credential: { token: 'hunter2' } });
    const moved = { ...ORIGIN, url: 'https://elsewhere.example.org' };

    const refused = await put(moved);

    expect(refused).toMatchObject({ status: 400, json: { detail: expect.stringContaining('names another host') } });
    expect((await put({ ...moved, credential: null })).status ?? 200).toBe(200);
  });

  it('are replaced only as they were read, when that is asked for', async () => {
    const { call, put } = setUp();
    await put({ ...ORIGIN, secret: SECRET });
    const etag = (await call('GET', PATH)).headers?.['ETag'] ?? '';
    await put({ ...ORIGIN, prefix: 'a-' });

    expect(await put({ ...ORIGIN, prefix: 'b-' }, { 'if-match': etag })).toMatchObject({ status: 412 });
  });

  it.each([
    ['no secret', {}],
    ['a secret that is short', { secret: 'short' }],
    ['an unknown dialect', { secret: SECRET, dialect: 'svn' }],
    ['an unknown field', { secret: SECRET, colour: 'red' }],
    ['a URL that is none', { secret: SECRET, url: 'mlflow' }],
    ['plain http', { secret: SECRET, url: 'http://mlflow.example.org' }],
    ['a private address', { secret: SECRET, url: 'https://10.0.0.1' }],
    ['credentials in the URL', { secret: SECRET, url: 'https://ada:hunter2@mlflow.example.org' }],
    ['a query in the URL', { secret: SECRET, url: 'https://mlflow.example.org/?a=1' }],
    ['a * inside a pattern', { secret: SECRET, models: ['a*b'] }],
    ['no pattern', { secret: SECRET, models: [] }],
    ['a prefix with a slash', { secret: SECRET, prefix: 'a/' }],
    ['half a credential', { secret: SECRET, credential: { user: 'ada' } }],
  ])('are refused with %s, and the answer has no secret', async (_, body) => {
    const { put } = setUp();

    const answered = await put({ ...ORIGIN, ...body });

    expect(answered.status).toBe(400);
    expect(JSON.stringify(answered)).not.toMatch(/a-secret|hunter2/);
  });

  it('are for admins alone', () => {
    expect(originRoutes.map(({ access }) => access)).toEqual(['admin', 'admin', 'admin', 'admin']);
  });
});
