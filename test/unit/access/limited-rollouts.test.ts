import { beforeEach, describe, expect, it } from 'vitest';
import { endpointRoutes } from '../../../functions/http/api/endpoints.ts';
import { eventRoutes } from '../../../functions/http/api/events.ts';
import { monitorRoutes } from '../../../functions/http/api/monitors.ts';
import { policyRoutes } from '../../../functions/http/api/policies.ts';
import { rolloutRoutes } from '../../../functions/http/api/rollouts.ts';
import { createMonitorStore } from '../../../shared/drift/monitor-store.ts';
import type { Grant } from '../../../shared/platform/access/grant.ts';
import type { Method } from '../../../shared/platform/http/route.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import { basic, bearer, createAccessWorld, ROOT_TOKEN } from '../../support/access.ts';
import { callerOf } from '../../support/call-route.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { createRolloutWorld } from '../../support/rollout-world.ts';

const createPlatform = async () => {
  const access = createAccessWorld();
  const rollouts = createRolloutWorld();
  const empty = createMemoryDocuments();
  const journals = {
    registry: empty,
    endpoints: rollouts.documents,
    monitors: empty,
    tracking: empty,
    deliveries: empty,
    settings: access.settings,
  };
  const services = {
    ...rollouts.services,
    access: access.access,
    journals,
    monitors: createMonitorStore(createMemoryDocuments()),
    parkingLot: createParkingLot(empty),
    publisher: { publish: async () => {} },
    eventSource: '/slipway',
  };
  const routes = [...rolloutRoutes, ...endpointRoutes, ...policyRoutes, ...eventRoutes, ...monitorRoutes];
  const call = callerOf(routes, services);
  const as = (headers: Record<string, string>) => async (method: Method, path: string, body?: unknown) => {
    const { status = 200, json } = await call(method, `/api/v1/${path}`, {
      headers,
      ...(body === undefined ? {} : { body }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
    return { status, json: json as any };
  };
  const asRoot = as(basic('grace', ROOT_TOKEN));
  for (const name of ['heart', 'fraud']) {
    const selector = { endpoint: name, model: `${name}*` };
    const policy = { preset: 'fast', trigger: 'manual', selector };
    const put = await asRoot('PUT', `policies/${name}`, policy);
    expect(put.status, JSON.stringify(put.json)).toBe(201);
    await asRoot('PUT', `monitors/${name}-inputs`, { model: name });
  }
  const start = async (model: string): Promise<string> =>
    (await asRoot('POST', 'rollouts', { model, version: '1' })).json.id;
  const [heart, fraud] = [await start('heart'), await start('fraud')];
  const asOne = async (...grants: Grant[]) => as(bearer(await access.tokenFor(grants)));
  return { asRoot, asOne, heart, fraud, rollouts };
};

let platform: Awaited<ReturnType<typeof createPlatform>>;

beforeEach(async () => {
  platform = await createPlatform();
});

describe('who may read some models', () => {
  it('sees their rollouts and monitors, and no others', async () => {
    const ask = await platform.asOne({ role: 'reader', models: ['heart'] });
    const listed = async (what: string, key: string) =>
      (await ask('GET', what)).json.items.map((item: Record<string, unknown>) => item[key]);

    expect(await listed('rollouts', 'model')).toEqual(['heart']);
    expect(await listed('monitors', 'name')).toEqual(['heart-inputs']);
    expect((await ask('GET', `rollouts/${platform.heart}`)).status).toBe(200);
    expect((await ask('GET', `rollouts/${platform.fraud}`)).status).toBe(403);
    expect((await ask('GET', 'monitors/fraud-inputs')).status).toBe(403);
    expect((await ask('GET', 'rollouts?model=fraud')).json.items).toEqual([]);
  });

  it('gets pages that hold something while there is more', async () => {
    const ask = await platform.asOne({ role: 'reader', models: ['heart'] });
    const { json } = await ask('GET', 'rollouts?limit=1');

    expect(json.items).toHaveLength(1);
  });

  it('reads the journal of them, and not who has access', async () => {
    const ask = await platform.asOne({ role: 'reader', models: ['heart'] });
    const { json } = await ask('GET', 'events');
    const all = (await platform.asRoot('GET', 'events')).json.items;

    expect(json.items.length).toBeGreaterThan(0);
    expect(new Set(json.items.map(({ data }: { data: { model: string } }) => data.model))).toEqual(new Set(['heart']));
    const hidden = all.find(({ data }: { data: { model: string } }) => data.model === 'fraud');
    expect((await ask('GET', `events/${encodeURIComponent(hidden.id)}`)).status).toBe(404);
    expect((await ask('GET', 'events?journal=settings')).json.items).toEqual([]);
    expect((await platform.asRoot('GET', 'events?journal=settings')).json.items).toMatchObject([
      { type: 'slipway.token.created' },
    ]);
  });

  it('does not read what is parked, which may be about any model', async () => {
    const ask = await platform.asOne({ role: 'reader', models: ['heart'] });

    expect((await ask('GET', 'events/parked')).status).toBe(403);
  });
});

describe('who may operate some models', () => {
  it('starts and commands their rollouts, and no others', async () => {
    const ask = await platform.asOne({ role: 'operator', models: ['heart*'] });

    expect((await ask('POST', `rollouts/${platform.heart}/commands`, { type: 'pause' })).status).toBe(202);
    expect((await ask('POST', `rollouts/${platform.fraud}/commands`, { type: 'pause' })).status).toBe(403);
    expect((await ask('POST', 'rollouts', { model: 'fraud', version: '2' })).status).toBe(403);
    expect((await ask('POST', 'rollouts', { model: 'heart-2', version: '2' })).status).toBe(201);
  });

  it('does not command a rollout that takes the place of another model', async () => {
    const { documents, rollout } = platform.rollouts;
    const from = { deployment: 'v1-77aa', model: 'fraud', version: '1' };
    const moved = { ...(await rollout(platform.heart)), from };
    await documents.commit('heart', [{ op: 'replace', value: moved }]);
    const commandAs = async (...models: string[]) => {
      const ask = await platform.asOne({ role: 'operator', models });
      return (await ask('POST', `rollouts/${platform.heart}/commands`, { type: 'pause' })).status;
    };

    expect([await commandAs('heart*'), await commandAs('heart*', 'fraud')]).toEqual([403, 202]);
  });

  it('does not take the endpoint of another model by naming its policy', async () => {
    const ask = await platform.asOne({ role: 'operator', models: ['heart*'] });

    expect(await ask('POST', 'rollouts', { model: 'heart', version: '2', policy: 'fraud' })).toMatchObject({
      status: 403,
      json: { detail: expect.stringContaining("operator on model 'fraud*'") },
    });
    expect((await ask('POST', 'rollouts', { model: 'heart', version: '2', policy: 'heart' })).status).toBe(201);
  });

  it('changes no policy and no monitor, which may move the traffic of any model', async () => {
    const ask = await platform.asOne({ role: 'operator', models: ['heart*'] });
    const policy = { preset: 'fast', selector: { endpoint: 'fraud', model: 'heart-x' } };

    expect((await ask('PUT', 'policies/mine', policy)).status).toBe(403);
    expect((await ask('DELETE', 'policies/heart')).status).toBe(403);
    expect((await ask('PUT', 'monitors/mine', { endpoint: 'fraud' })).status).toBe(403);
  });

  it('is named in the journal for what he asked for, and not for what followed', async () => {
    const ask = await platform.asOne({ role: 'operator', models: ['heart*'] });
    await ask('POST', `rollouts/${platform.heart}/commands`, { type: 'abort' });
    await platform.rollouts.run({ forMs: 60_000 });

    const actors = platform.rollouts
      .journal()
      .filter(({ id }) => id.startsWith(platform.heart))
      .map(({ type, actor }) => `${type} ${actor}`);
    expect(actors[0]).toBe('slipway.rollout.started grace');
    expect(actors.filter((each) => each.endsWith('undefined')).length).toBeGreaterThan(0);
    expect(actors.filter((each) => each.endsWith('grace'))).toHaveLength(1);
  });
});
