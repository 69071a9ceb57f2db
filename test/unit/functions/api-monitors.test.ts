import { describe, expect, it } from 'vitest';
import { monitorRoutes } from '../../../functions/http/api/monitors.ts';
import { createMonitorStore } from '../../../shared/drift/monitor-store.ts';
import { recordDrift } from '../../../shared/drift/record-drift.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { callerOf } from '../../support/call-route.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const setUp = () => {
  const monitors = createMonitorStore(createMemoryDocuments());
  const clock = () => epochMs(1_767_225_600_000);
  const drift = (name: string) =>
    recordDrift(
      { name, driftScore: 0.31, from: undefined, to: undefined },
      { causedBy: 'evt-1', correlationId: 'evt-1' },
      { monitors, clock },
    );
  const services = { monitors, log: silentLogger, access: { mode: 'open' } as const };
  return { drift, call: callerOf(monitorRoutes, services) };
};

describe('monitors', () => {
  it('are defined and shown', async () => {
    const { call } = setUp();
    const monitor = { name: 'heart inputs', endpoint: 'heart', model: 'heart-classifier' };

    const { name: _, ...body } = monitor;
    expect(await call('PUT', '/api/v1/monitors/heart%20inputs', { body })).toMatchObject({ json: monitor });
    expect((await call('GET', '/api/v1/monitors/heart%20inputs')).json).toEqual(monitor);
    expect((await call('GET', '/api/v1/monitors')).json).toEqual({ items: [monitor], next: undefined });
  });

  it('are shown with the latest drift, and keep it when they are defined anew', async () => {
    const { call, drift } = setUp();
    await drift('heart-inputs');
    const lastDrift = {
      driftScore: 0.31,
      at: '2026-01-01T00:00:00.000Z',
      event: expect.stringMatching(/^drift_[0-9a-f]{24}$/),
    };

    expect((await call('GET', '/api/v1/monitors/heart-inputs')).json).toEqual({ name: 'heart-inputs', lastDrift });
    expect((await call('PUT', '/api/v1/monitors/heart-inputs', { body: { endpoint: 'heart' } })).json).toEqual({
      name: 'heart-inputs',
      endpoint: 'heart',
      lastDrift,
    });
  });

  it('are listed page by page', async () => {
    const { call } = setUp();
    for (const name of ['a', 'b', 'c']) await call('PUT', `/api/v1/monitors/${name}`, { body: {} });

    const first = (await call('GET', '/api/v1/monitors?limit=2')).json as { items: unknown; next: string };
    const second = await call('GET', `/api/v1/monitors?limit=2&cursor=${encodeURIComponent(first.next)}`);

    expect(first.items).toEqual([{ name: 'a' }, { name: 'b' }]);
    expect(second.json).toEqual({ items: [{ name: 'c' }], next: undefined });
  });

  it('are missing by a name that nobody defined', async () => {
    expect(await setUp().call('GET', '/api/v1/monitors/none')).toMatchObject({
      status: 404,
      json: { code: 'RESOURCE_DOES_NOT_EXIST', detail: "there is no monitor 'none'" },
    });
  });

  it.each([
    ['an unknown field', { colour: 'red' }],
    ['an empty endpoint', { endpoint: '' }],
    ['an endpoint name of 33', { endpoint: 'x'.repeat(33) }],
    ['a model that is no text', { model: 7 }],
    ['another name than the path', { name: 'other' }],
  ])('are refused with %s', async (_, body) => {
    expect(await setUp().call('PUT', '/api/v1/monitors/m', { body })).toMatchObject({ status: 400 });
  });

  it.each(['limit=0', 'limit=1001', 'cursor=nonsense'])('are not listed with %s', async (query) => {
    expect(await setUp().call('GET', `/api/v1/monitors?${query}`)).toMatchObject({ status: 400 });
  });
});
