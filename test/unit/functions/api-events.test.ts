import { describe, expect, it } from 'vitest';
import { eventRoutes } from '../../../functions/http/api/events.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { journalEntry, journalWrite } from '../../../shared/platform/journal.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import type { CloudEventEnvelope } from '../../../shared/platform/publisher.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { callerOf } from '../../support/call-route.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const NOW = epochMs(1_767_225_600_000);

const setUp = () => {
  const journals = {
    registry: createMemoryDocuments(),
    endpoints: createMemoryDocuments(),
    monitors: createMemoryDocuments(),
    tracking: createMemoryDocuments(),
    deliveries: createMemoryDocuments(),
    settings: createMemoryDocuments(),
  };
  const parkingLot = createParkingLot(journals.deliveries);
  const published: CloudEventEnvelope[] = [];
  const sent: unknown[] = [];
  const services = {
    journals,
    parkingLot,
    publisher: { publish: async (events: readonly CloudEventEnvelope[]) => void published.push(...events) },
    queues: { send: async (...message: unknown[]) => void sent.push(message) },
    clock: () => NOW,
    eventSource: '/slipway',
    log: silentLogger,
    access: { mode: 'open' } as const,
  };
  const tell = (journal: keyof typeof journals, id: string, afterMs = 0, type = 'slipway.rollout.stepped') => {
    const event = { type, subject: 'endpoints/heart', data: { step: 1 } };
    const entry = journalEntry(id, event, { causedBy: 'c', correlationId: 's' }, addMs(NOW, afterMs));
    return journals[journal].commit('p', [journalWrite(entry)]);
  };
  const park = (payload: unknown, target: Parameters<typeof parkingLot.park>[0]['target']) =>
    parkingLot.park({ target, payload, error: new SlipwayError('INVALID_STATE', 'no') }, NOW);
  return { services, tell, park, published, sent, call: callerOf(eventRoutes, services) };
};

const idsOf = (json: unknown) => (json as { items: { id: string }[] }).items.map(({ id }) => id);

describe('GET /api/v1/events', () => {
  it('shows the journal of endpoints, newest first', async () => {
    const { call, tell } = setUp();
    await tell('endpoints', 'je_1', 0);
    await tell('endpoints', 'je_2', 1);
    await tell('registry', 'je_3', 2);

    expect((await call('GET', '/api/v1/events')).json).toEqual({
      items: [
        expect.objectContaining({ id: 'je_2', time: '2026-01-01T00:00:00.001Z' }),
        {
          id: 'je_1',
          type: 'slipway.rollout.stepped',
          subject: 'endpoints/heart',
          time: '2026-01-01T00:00:00.000Z',
          data: { step: 1 },
          causedBy: 'c',
          correlationId: 's',
        },
      ],
      next: undefined,
    });
  });

  it.each(['registry', 'endpoints', 'monitors', 'tracking', 'deliveries'] as const)(
    'shows the journal of %s',
    async (journal) => {
      const { call, tell } = setUp();
      await tell(journal, 'je_1');

      expect(idsOf((await call('GET', `/api/v1/events?journal=${journal}`)).json)).toEqual(['je_1']);
    },
  );

  it('goes on where the page before ended', async () => {
    const { call, tell } = setUp();
    for (const at of [1, 2, 3]) await tell('endpoints', `je_${at}`, at);

    const first = await call('GET', '/api/v1/events?limit=2');
    const { next } = first.json as { next: string };
    const second = await call('GET', `/api/v1/events?limit=2&cursor=${encodeURIComponent(next)}`);

    expect([idsOf(first.json), idsOf(second.json)]).toEqual([['je_3', 'je_2'], ['je_1']]);
    expect((second.json as { next?: string }).next).toBeUndefined();
  });

  it('shows only one type or subject when asked', async () => {
    const { call, tell } = setUp();
    await tell('endpoints', 'je_1');
    await tell('endpoints', 'je_2', 1, 'slipway.rollout.paused');

    expect(idsOf((await call('GET', '/api/v1/events?type=slipway.rollout.paused')).json)).toEqual(['je_2']);
    expect(idsOf((await call('GET', '/api/v1/events?subject=endpoints/heart')).json)).toEqual(['je_2', 'je_1']);
    expect(idsOf((await call('GET', '/api/v1/events?subject=endpoints/lung')).json)).toEqual([]);
  });

  it.each(['limit=0', 'limit=1001', 'limit=x', 'journal=leases', 'cursor=nonsense'])('refuses %s', async (query) => {
    expect(await setUp().call('GET', `/api/v1/events?${query}`)).toMatchObject({
      status: 400,
      json: { code: 'INVALID_PARAMETER_VALUE' },
    });
  });
});

describe('GET /api/v1/events/{id}', () => {
  it.each(['registry', 'deliveries'] as const)('finds an entry in %s by its id', async (journal) => {
    const { call, tell } = setUp();
    await tell(journal, 'ro_1:3');

    expect((await call('GET', '/api/v1/events/ro_1%3A3')).json).toMatchObject({ id: 'ro_1:3', correlationId: 's' });
  });

  it('says that there is none', async () => {
    expect(await setUp().call('GET', '/api/v1/events/je_none')).toMatchObject({
      status: 404,
      json: { detail: "there is no event 'je_none'" },
    });
  });
});

describe('parked deliveries', () => {
  it('are shown with target, payload and reason', async () => {
    const { call, park } = setUp();
    const id = await park({ model: 'heart' }, { kind: 'queue', queue: 'build-package' });

    expect((await call('GET', '/api/v1/events/parked')).json).toEqual({
      items: [
        {
          id,
          target: { kind: 'queue', queue: 'build-package' },
          payload: { model: 'heart' },
          code: 'INVALID_STATE',
          message: 'no',
          parkedAt: '2026-01-01T00:00:00.000Z',
        },
      ],
      next: undefined,
    });
  });

  it('are sent on their way again', async () => {
    const { call, park, sent } = setUp();
    const id = await park({ model: 'heart' }, { kind: 'queue', queue: 'build-package' });

    expect(await call('POST', `/api/v1/events/parked/${id}/replay`)).toMatchObject({
      status: 202,
      json: { id, replayedAt: '2026-01-01T00:00:00.000Z' },
    });
    expect(sent).toEqual([['build-package', { model: 'heart' }]]);
  });

  it('are told apart: an event goes to the topic', async () => {
    const { call, park, published } = setUp();
    const id = await park({ id: 'evt-1', type: 'slipway.run.failed' }, { kind: 'function', name: 'notify' });

    await call('POST', `/api/v1/events/parked/${id}/replay`);

    expect(published).toMatchObject([{ id: 'evt-1', type: 'slipway.run.failed' }]);
  });

  it('are refused when they are no event', async () => {
    const { call, park } = setUp();
    const id = await park('garbage', { kind: 'function', name: 'notify' });

    expect(await call('POST', `/api/v1/events/parked/${id}/replay`)).toMatchObject({
      status: 409,
      json: { code: 'INVALID_STATE' },
    });
  });

  it.each(['nonsense', '2026-01-01.pk_none'])('are unknown by the id %s', async (id) => {
    expect(await setUp().call('POST', `/api/v1/events/parked/${encodeURIComponent(id)}/replay`)).toMatchObject({
      status: 404,
    });
  });
});
