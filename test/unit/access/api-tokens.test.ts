import { describe, expect, it } from 'vitest';
import { tokenRoutes } from '../../../functions/http/api/tokens.ts';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import { basic, bearer, createAccessWorld, ROOT_TOKEN } from '../../support/access.ts';
import { callerOf } from '../../support/call-route.ts';

const createApi = () => {
  const world = createAccessWorld();
  const call = callerOf(tokenRoutes, world);
  const asRoot = basic('grace', ROOT_TOKEN);
  const create = (body: unknown, headers: Record<string, string> = asRoot) =>
    call('POST', '/api/v1/tokens', { body, headers });
  const get = (path: string) => call('GET', `/api/v1/tokens${path}`, { headers: asRoot });
  const revoke = (id: string) => call('DELETE', `/api/v1/tokens/${id}`, { headers: asRoot });
  return { ...world, call, create, get, revoke };
};

interface Created {
  readonly id: string;
  readonly token: string;
}

describe('POST /api/v1/tokens', () => {
  it('shows the token once', async () => {
    const { create, get } = createApi();
    const { status, json, headers } = await create({ name: 'ada', role: 'reader' });
    const { id, token } = json as Created;

    expect(status).toBe(201);
    expect(headers).toMatchObject({ Location: `/api/v1/tokens/${id}`, 'Cache-Control': 'no-store' });
    expect(json).toMatchObject({ name: 'ada', grants: [{ role: 'reader' }], createdBy: 'grace' });
    for (const path of ['', `/${id}`]) {
      const text = JSON.stringify((await get(path)).json);
      expect(text).toContain(id);
      expect(text).not.toContain(token);
      expect(text).not.toContain('sha256');
    }
  });

  it('gives what it says and nothing else', async () => {
    const { create, call } = createApi();
    const { token } = (await create({ name: 'ada', grants: [{ role: 'operator', models: ['heart-*'] }] }))
      .json as Created;

    expect(await call('GET', '/api/v1/tokens', { headers: bearer(token) })).toMatchObject({
      status: 403,
      json: {
        code: 'PERMISSION_DENIED',
        detail: "this needs the role admin; you are 'token ada' and have operator on heart-*",
      },
    });
  });

  it('makes admins that make tokens', async () => {
    const { create } = createApi();
    const { token } = (await create({ name: 'second', role: 'admin' })).json as Created;

    expect(await create({ name: 'third', role: 'reader' }, bearer(token))).toMatchObject({
      status: 201,
      json: { createdBy: 'token second' },
    });
  });

  it.each<[string, object, RegExp]>([
    ['no name', { role: 'reader' }, /name/],
    ['an empty name', { name: ' ', role: 'reader' }, /name/],
    ['neither role nor grants', { name: 'a' }, /either `role` or `grants`/],
    ['both', { name: 'a', role: 'reader', grants: [{ role: 'reader' }] }, /either `role` or `grants`/],
    ['no grants', { name: 'a', grants: [] }, /grants/],
    ['an unknown role', { name: 'a', role: 'root' }, /role/],
    ['a wrong pattern', { name: 'a', grants: [{ role: 'reader', models: ['*-heart'] }] }, /last character/],
    ['an admin of some models', { name: 'a', grants: [{ role: 'admin', models: ['h'] }] }, /leave `models` out/],
    ['a time that is over', { name: 'a', role: 'reader', expiresAt: '2020-01-01T00:00:00Z' }, /is over/],
    ['no time', { name: 'a', role: 'reader', expiresAt: 'tomorrow' }, /expiresAt/],
    ['a field of another', { name: 'a', role: 'reader', token: 'mine' }, /token/],
  ])('refuses %s', async (_, body, message) => {
    const { create, journal } = createApi();

    const { status, json } = await create(body);
    expect(status).toBe(400);
    expect((json as { readonly detail: string }).detail).toMatch(message);
    expect(journal()).toEqual([]);
  });

  it('tells the journal what it gave to whom, and never the token', async () => {
    const { create, journal } = createApi();
    const expiresAt = '2027-01-01T01:00:00+01:00';
    const { id, token } = (await create({ name: 'ada', role: 'publisher', expiresAt })).json as Created;

    const [entry] = journal();
    expect(entry).toMatchObject({
      type: 'slipway.token.created',
      subject: `tokens/${id}`,
      actor: 'grace',
      data: { token: id, name: 'ada', grants: [{ role: 'publisher' }], expiresAt: '2027-01-01T00:00:00.000Z' },
    });
    expect(eventDataSchema('slipway.token.created').safeParse(entry?.data).success).toBe(true);
    expect(JSON.stringify(entry)).not.toContain(token.slice(-43));
  });
});

describe('GET /api/v1/tokens', () => {
  it('lists the newest first, page by page', async () => {
    const { create, get, pass } = createApi();
    for (const name of ['one', 'two', 'three']) {
      await create({ name, role: 'reader' });
      pass(1000);
    }
    const first = (await get('?limit=2')).json as { items: { name: string }[]; next: string };
    const second = (await get(`?limit=2&cursor=${encodeURIComponent(first.next)}`)).json as typeof first;

    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(['three', 'two', 'one']);
  });

  it.each(['/zz', `/${'a'.repeat(20)}`, '/..%2Fpolicy'])('finds nothing at %s', async (path) => {
    expect([400, 404]).toContain((await createApi().get(path)).status);
  });

  it('shows when a token was used last', async () => {
    const { create, call, get } = createApi();
    const { id, token } = (await create({ name: 'ada', role: 'admin' })).json as Created;
    expect((await get(`/${id}`)).json).not.toHaveProperty('lastUsedAt', expect.any(String));
    await call('GET', '/api/v1/tokens', { headers: bearer(token) });

    expect((await get(`/${id}`)).json).toMatchObject({ lastUsedAt: '2026-01-01T00:00:00.000Z' });
  });
});

describe('DELETE /api/v1/tokens/{id}', () => {
  it('ends a token at once on this worker, and leaves it in the list', async () => {
    const { create, revoke, call, get } = createApi();
    const { id, token } = (await create({ name: 'ada', role: 'admin' })).json as Created;
    expect((await call('GET', '/api/v1/tokens', { headers: bearer(token) })).status).toBeUndefined();

    expect(await revoke(id)).toMatchObject({ json: { revokedAt: expect.any(String), revokedBy: 'grace' } });
    expect((await call('GET', '/api/v1/tokens', { headers: bearer(token) })).status).toBe(401);
    expect((await get('')).json).toMatchObject({ items: [{ id, revokedBy: 'grace' }] });
  });

  it('can be asked for again', async () => {
    const { create, revoke, pass } = createApi();
    const { id } = (await create({ name: 'ada', role: 'reader' })).json as Created;
    const first = await revoke(id);
    pass(1000);

    expect((await revoke(id)).json).toEqual(first.json);
    expect((await revoke('b'.repeat(20))).status).toBe(404);
  });
});
