import { describe, expect, it } from 'vitest';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { journalEntry } from '../../../shared/platform/journal.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import type { CloudEventEnvelope } from '../../../shared/platform/publisher.ts';
import { relayJournal } from '../../../shared/platform/relay-journal.ts';
import { sweepWakeUps } from '../../../shared/platform/sweep-wake-ups.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const NOW = epochMs(1_767_225_600_000);

const setUp = () => {
  const published: CloudEventEnvelope[] = [];
  const sent: unknown[] = [];
  const parkingLot = createParkingLot(createMemoryDocuments());
  return {
    published,
    sent,
    parked: async () => (await parkingLot.list(10)).items,
    services: {
      parkingLot,
      publisher: { publish: async (events: readonly CloudEventEnvelope[]) => void published.push(...events) },
      queues: { send: async (...message: unknown[]) => void sent.push(message) },
      clock: () => NOW,
      eventSource: '/slipway/test',
    },
  };
};

const entry = journalEntry(
  'ro_1:3',
  { type: 'slipway.rollout.stepped', subject: 'endpoints/heart', data: { step: 1 } },
  { causedBy: 'evt-1', correlationId: 'evt-0' },
  NOW,
);

const waking = (at: number) => ({
  id: 'r1',
  kind: 'rollout',
  wakeUp: { queue: 'advance-rollout' as const, at: epochMs(at), message: { rolloutId: 'r1', rev: 4 } },
});

describe('relayJournal', () => {
  it('tells an entry as a CloudEvent with the id of the entry', async () => {
    const { services, published } = setUp();

    await relayJournal([entry], services);

    expect(published).toEqual([
      {
        id: 'ro_1:3',
        source: '/slipway/test',
        type: 'slipway.rollout.stepped',
        subject: 'endpoints/heart',
        time: '2026-01-01T00:00:00.000Z',
        data: { step: 1 },
        extensionAttributes: { causedby: 'evt-1', correlationid: 'evt-0' },
      },
    ]);
  });

  it.each([
    ['later', NOW + 5_000, 5_000],
    ['now', NOW, 0],
    ['before', NOW - 9_000, 0],
  ])('sends a wake-up that is due %s', async (_, at, visibleAfterMs) => {
    const { services, sent } = setUp();

    await relayJournal([waking(at)], services);

    expect(sent).toEqual([['advance-rollout', { rolloutId: 'r1', rev: 4 }, { visibleAfterMs }]]);
  });

  it('has nothing to say of other documents', async () => {
    const { services, published, sent } = setUp();

    await relayJournal([{ id: 'x', kind: 'endpoint' }, { ...waking(0), wakeUp: null } as never], services);

    expect([published, sent]).toEqual([[], []]);
  });

  it('fails as a whole when the topic refuses, so that the feed hands the batch out again', async () => {
    const { services } = setUp();
    const publisher = { publish: () => Promise.reject(new Error('busy')) };

    await expect(relayJournal([entry], { ...services, publisher })).rejects.toThrow('busy');
  });

  it('sends wake-ups also while the topic refuses, so that rollouts go on', async () => {
    const { services, sent } = setUp();
    const publisher = { publish: () => Promise.reject(new Error('busy')) };

    await expect(relayJournal([entry, waking(NOW)], { ...services, publisher })).rejects.toThrow('busy');
    expect(sent).toHaveLength(1);
  });

  it('tells entries also while the queue refuses', async () => {
    const { services, published } = setUp();
    const queues = { send: () => Promise.reject(new Error('full')) };

    await expect(relayJournal([entry, waking(NOW)], { ...services, queues })).rejects.toThrow('full');
    expect(published).toHaveLength(1);
  });

  it.each(['PAYLOAD_TOO_LARGE', 'INVALID_PARAMETER_VALUE'] as const)(
    'parks the one entry that the topic will never take (%s) and tells the others',
    async (code) => {
      const { services, published, parked } = setUp();
      const large = { ...entry, id: 'ro_1:4' };
      const publisher = {
        publish: async (events: readonly CloudEventEnvelope[]) => {
          if (events.some(({ id }) => id === 'ro_1:4')) throw new SlipwayError(code, 'never');
          await services.publisher.publish(events);
        },
      };

      await relayJournal([entry, large, { ...entry, id: 'ro_1:5' }], { ...services, publisher });

      expect(published.map(({ id }) => id)).toEqual(['ro_1:3', 'ro_1:5']);
      expect(await parked()).toMatchObject([
        {
          target: { kind: 'function', name: 'relay-journal' },
          payload: {
            specversion: '1.0',
            id: 'ro_1:4',
            type: 'slipway.rollout.stepped',
            correlationid: 'evt-0',
            causedby: 'evt-1',
          },
          code,
          message: 'never',
        },
      ]);
    },
  );

  it('parks nothing that another attempt may bring through', async () => {
    const { services, parked } = setUp();
    const publisher = { publish: () => Promise.reject(new SlipwayError('PERMISSION_DENIED', 'not yet')) };

    await expect(relayJournal([entry], { ...services, publisher })).rejects.toThrow('not yet');
    expect(await parked()).toEqual([]);
  });
});

describe('sweepWakeUps', () => {
  it('sends again only what is overdue by more than a minute', async () => {
    const { services, sent } = setUp();
    const documents = createMemoryDocuments();
    const store = (id: string, at: number) =>
      documents.commit('p', [{ op: 'create', value: { ...waking(at), id } as never }]);
    await store('lost', addMs(NOW, -60_001));
    await store('recent', addMs(NOW, -60_000));
    await store('future', addMs(NOW, 1));
    await documents.commit('p', [{ op: 'create', value: { id: 'done', kind: 'rollout', wakeUp: null } as never }]);

    const count = await sweepWakeUps({ ...services, wakingKinds: [{ documents, kind: 'rollout' }] });

    expect(count).toBe(1);
    expect(sent).toEqual([['advance-rollout', { rolloutId: 'r1', rev: 4 }]]);
  });
});
