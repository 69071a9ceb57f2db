import { describe, expect, it } from 'vitest';
import { notifyRoutes } from '../../../functions/http/api/notify.ts';
import { callerOf } from '../../support/call-route.ts';
import { createNotifyWorld } from '../../support/notify-world.ts';

const SECRET = 'a-secret-of-some-length';
const HOOK = { kind: 'webhook', url: 'https://hooks.example.org/a' };
const RULE = { eventTypes: ['slipway.*'], channels: ['ops'] };

const setUp = () => {
  const world = createNotifyWorld();
  return { ...world, call: callerOf(notifyRoutes, { ...world.services, access: { mode: 'open' } }) };
};

describe('channels', () => {
  it('are created, shown and replaced without ever showing a secret', async () => {
    const { call } = setUp();
    const signed = { name: 'ops', ...HOOK, signed: true };

    const created = await call('PUT', '/api/v1/channels/ops', { body: { ...HOOK, secret: SECRET } });
    const moved = await call('PUT', '/api/v1/channels/ops', { body: { ...HOOK, name: 'ops' } });
    const listed = await call('GET', '/api/v1/channels');

    expect(created.json).toEqual(signed);
    expect(moved.json).toEqual(signed);
    expect(listed.json).toEqual({ items: [signed] });
    expect(JSON.stringify([created, moved, listed])).not.toMatch(/a-secret|sealed/i);
  });

  it('may be the log', async () => {
    const { call } = setUp();

    expect((await call('PUT', '/api/v1/channels/ops', { body: { kind: 'log' } })).json).toEqual({
      name: 'ops',
      kind: 'log',
      signed: false,
    });
  });

  it('are removed, and removing what is gone is fine', async () => {
    const { call } = setUp();
    await call('PUT', '/api/v1/channels/ops', { body: { kind: 'log' } });

    expect(await call('DELETE', '/api/v1/channels/ops')).toMatchObject({ status: 204 });
    expect(await call('DELETE', '/api/v1/channels/ops')).toMatchObject({ status: 204 });
    expect((await call('GET', '/api/v1/channels')).json).toEqual({ items: [] });
  });

  it.each([
    ['no kind', {}],
    ['an unknown kind', { kind: 'pigeon' }],
    ['a webhook without URL', { kind: 'webhook' }],
    ['an unknown field', { ...HOOK, colour: 'red' }],
    ['a secret that is short', { ...HOOK, secret: 'short-secret' }],
    ['another name than the path', { ...HOOK, name: 'team' }],
    ['a URL with credentials', { ...HOOK, url: 'https://ada:short-secret@hooks.example.org' }],
    ['a private address', { ...HOOK, url: 'https://10.0.0.1/' }],
    ['plain http', { ...HOOK, url: 'http://hooks.example.org/' }],
  ])('are refused with %s, and the answer has no secret', async (_, body) => {
    const { call, settings } = setUp();

    const refused = await call('PUT', '/api/v1/channels/ops', { body });

    expect(refused).toMatchObject({ status: 400, json: { code: 'INVALID_PARAMETER_VALUE' } });
    expect(JSON.stringify(refused)).not.toContain('short-secret');
    expect(settings.all()).toEqual([]);
  });

  it.each(['Ops', '-a', 'a b', 'a/b', 'x'.repeat(64)])('are refused with the name %j', async (name) => {
    const { call } = setUp();

    expect(await call('PUT', `/api/v1/channels/${encodeURIComponent(name)}`, { body: { kind: 'log' } })).toMatchObject({
      status: 400,
    });
  });
});

describe.each([
  ['channels', { kind: 'log' }, { ...HOOK }],
  ['alert-rules', RULE, { ...RULE, enabled: false }],
] as const)('one of %s', (resource, body, other) => {
  const path = `/api/v1/${resource}/ops`;
  const setUpOne = async () => {
    const world = setUp();
    await world.channel({ kind: 'log', name: 'ops' });
    await world.call('PUT', path, { body });
    const read = async () => (await world.call('GET', path)).headers?.['ETag'] ?? '';
    return { ...world, read };
  };

  it('is shown by its name, with an ETag that changes with it', async () => {
    const { call, read } = await setUpOne();
    const first = await read();

    expect((await call('GET', path)).json).toMatchObject({ name: 'ops', ...body });
    expect(first).toMatch(/^"[^"]+"$/);
    await call('PUT', path, { body: other });
    expect(await read()).not.toBe(first);
  });

  it('is replaced when it is still the one that was read, and else refused', async () => {
    const { call, read } = await setUpOne();
    const headers = { 'content-type': 'application/json', 'if-match': await read() };

    expect(await call('PUT', path, { body: other, headers })).toMatchObject({ json: { name: 'ops' } });
    expect(await call('PUT', path, { body, headers })).toMatchObject({
      status: 412,
      json: { code: 'PRECONDITION_FAILED' },
    });
  });

  it('is not made anew for somebody who thinks it is there', async () => {
    const { call } = await setUpOne();
    const headers = { 'content-type': 'application/json', 'if-match': '"1"' };

    expect(await call('PUT', `/api/v1/${resource}/none`, { body, headers })).toMatchObject({ status: 412 });
  });

  it('is missing by another name', async () => {
    const { call } = await setUpOne();

    expect(await call('GET', `/api/v1/${resource}/none`)).toMatchObject({
      status: 404,
      json: { code: 'RESOURCE_DOES_NOT_EXIST' },
    });
  });
});

describe('alert rules', () => {
  it('are created with their defaults, shown by name and removed', async () => {
    const { call, channel } = setUp();
    await channel({ kind: 'log', name: 'ops' });
    const full = { ...RULE, minSeverity: 'info', enabled: true };

    expect((await call('PUT', '/api/v1/alert-rules/b', { body: RULE })).json).toEqual({ name: 'b', ...full });
    await call('PUT', '/api/v1/alert-rules/a', { body: { ...RULE, name: 'a' } });
    expect((await call('GET', '/api/v1/alert-rules')).json).toEqual({
      items: [
        { name: 'a', ...full },
        { name: 'b', ...full },
      ],
    });

    expect(await call('DELETE', '/api/v1/alert-rules/a')).toMatchObject({ status: 204 });
    expect((await call('GET', '/api/v1/alert-rules')).json).toMatchObject({ items: [{ name: 'b' }] });
  });

  it('are refused when they name a channel that is not there', async () => {
    const { call } = setUp();

    expect(await call('PUT', '/api/v1/alert-rules/all', { body: RULE })).toMatchObject({
      status: 400,
      json: { detail: "there is no channel 'ops': create it first" },
    });
  });

  it.each([
    ['nothing', undefined],
    ['no types', { ...RULE, eventTypes: [] }],
    ['a type of somebody else', { ...RULE, eventTypes: ['Microsoft.Storage.*'] }],
    ['an unknown severity', { ...RULE, minSeverity: 'fatal' }],
    ['an unknown field', { ...RULE, colour: 'red' }],
    ['another name than the path', { ...RULE, name: 'other' }],
  ])('are refused with %s', async (_, body) => {
    const { call, channel, services } = setUp();
    await channel({ kind: 'log', name: 'ops' });

    expect(await call('PUT', '/api/v1/alert-rules/all', body === undefined ? {} : { body })).toMatchObject({
      status: 400,
    });
    expect(await services.alertRules.list()).toEqual([]);
  });
});
