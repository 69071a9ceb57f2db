import { describe, expect, it } from 'vitest';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import type { CloudEventEnvelope } from '../../../shared/platform/publisher.ts';
import { replayParked } from '../../../shared/platform/replay-parked.ts';
import { addMs, epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const NOW = epochMs(1_767_225_600_000);
const CAUSE = { causedBy: 'req-1', correlationId: 'req-1' };
const FUNCTION = { kind: 'function', name: 'model-registered' } as const;

const setUp = () => {
  const published: CloudEventEnvelope[] = [];
  const sent: unknown[] = [];
  const parkingLot = createParkingLot(createMemoryDocuments());
  const services = {
    parkingLot,
    publisher: { publish: async (events: readonly CloudEventEnvelope[]) => void published.push(...events) },
    queues: { send: async (...message: unknown[]) => void sent.push(message) },
    clock: () => addMs(NOW, 60_000),
    eventSource: '/slipway/test',
  };
  const park = (payload: unknown, target: Parameters<typeof parkingLot.park>[0]['target'] = FUNCTION, at = NOW) =>
    parkingLot.park({ target, payload, error: new SlipwayError('INVALID_STATE', 'no') }, at);
  return { published, sent, services, parkingLot, park };
};

describe('replayParked', () => {
  it('puts a queue message back into its queue and says when', async () => {
    const { services, park, sent, published } = setUp();
    const id = await park({ model: 'heart', version: '2' }, { kind: 'queue', queue: 'build-package' });

    const replayed = await replayParked(id, CAUSE, services);

    expect(sent).toEqual([['build-package', { model: 'heart', version: '2' }]]);
    expect(published).toEqual([]);
    expect(replayed).toMatchObject({ id, replayedAt: '2026-01-01T00:01:00.000Z' });
  });

  it('publishes a CloudEvent again under its own id, source, time and story', async () => {
    const { services, park, published } = setUp();
    const id = await park({
      specversion: '1.0',
      id: 'je_1',
      source: '/slipway',
      type: 'slipway.model.registered',
      subject: 'models/heart/versions/2',
      time: '2025-12-31T00:00:00Z',
      correlationid: 'story-1',
      causedby: 'evt-0',
      data: { name: 'heart' },
      deadletterreason: 'MaxDeliveryAttemptsExceeded',
    });

    await replayParked(id, CAUSE, services);

    expect(published).toEqual([
      {
        id: 'je_1',
        source: '/slipway',
        type: 'slipway.model.registered',
        subject: 'models/heart/versions/2',
        time: '2025-12-31T00:00:00Z',
        data: { name: 'heart' },
        extensionAttributes: { correlationid: 'story-1', causedby: 'evt-0' },
      },
    ]);
  });

  it('publishes an event of Azure ML on our topic as a CloudEvent of the workspace', async () => {
    const { services, park, published } = setUp();
    const id = await park({
      id: 'evt-1',
      topic: '/subscriptions/s/workspaces/w',
      subject: 'models/heart:2',
      eventType: 'Microsoft.MachineLearningServices.ModelRegistered',
      eventTime: '2025-12-31T00:00:00.1234567Z',
      data: { ModelName: 'heart', ModelVersion: 2 },
      dataVersion: '2',
      metadataVersion: '1',
    });

    await replayParked(id, CAUSE, services);

    expect(published).toEqual([
      {
        id: 'evt-1',
        source: '/subscriptions/s/workspaces/w',
        type: 'Microsoft.MachineLearningServices.ModelRegistered',
        subject: 'models/heart:2',
        time: '2025-12-31T00:00:00.1234567Z',
        data: { ModelName: 'heart', ModelVersion: 2 },
        extensionAttributes: { correlationid: 'evt-1', causedby: 'req-1' },
      },
    ]);
  });

  it('gives an event that says little what it lacks', async () => {
    const { services, park, published } = setUp();

    await replayParked(await park({ id: 'evt-1', type: 'slipway.run.failed' }), CAUSE, services);

    expect(published).toEqual([
      {
        id: 'evt-1',
        source: '/slipway/test',
        type: 'slipway.run.failed',
        subject: '',
        time: '2026-01-01T00:01:00.000Z',
        data: undefined,
        extensionAttributes: { correlationid: 'evt-1', causedby: 'req-1' },
      },
    ]);
  });

  it.each([null, 'text', 7, [], [{ id: 'e', type: 't' }], {}, { id: 'evt-1' }, { id: 1, type: 'slipway.run.failed' }])(
    'refuses %j, which is no event, and leaves it as it was',
    async (payload) => {
      const { services, park, published, parkingLot } = setUp();
      const id = await park(payload);

      await expect(replayParked(id, CAUSE, services)).rejects.toMatchObject({ code: 'INVALID_STATE' });
      expect(published).toEqual([]);
      expect(await parkingLot.get(id)).not.toHaveProperty('replayedAt');
    },
  );

  it('does not say that it was replayed when sending failed', async () => {
    const { services, park, parkingLot } = setUp();
    const id = await park({ id: 'evt-1', type: 'slipway.run.failed' });
    const publisher = { publish: () => Promise.reject(new SlipwayError('TEMPORARILY_UNAVAILABLE', 'busy')) };

    await expect(replayParked(id, CAUSE, { ...services, publisher })).rejects.toMatchObject({ message: 'busy' });
    expect(await parkingLot.get(id)).not.toHaveProperty('replayedAt');
  });

  it('does not hide that the delivery was parked again while it was being replayed', async () => {
    const { services, park, parkingLot } = setUp();
    const message = { model: 'heart', version: '2' };
    const target = { kind: 'queue', queue: 'build-package' } as const;
    const id = await park(message, target);
    const queues = { send: async () => void (await park(message, target, addMs(NOW, 59_000))) };

    await replayParked(id, CAUSE, { ...services, queues });

    expect(await parkingLot.get(id)).toMatchObject({ parkedAt: '2026-01-01T00:00:59.000Z' });
    expect(await parkingLot.get(id)).not.toHaveProperty('replayedAt');
  });

  it('knows no delivery that was never parked', async () => {
    await expect(replayParked('2026-01-01.pk_none', CAUSE, setUp().services)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});

describe('the list of parked deliveries', () => {
  it('has the newest first, over days, page by page', async () => {
    const { park, parkingLot } = setUp();
    for (const day of [0, 2, 1]) await park({ day }, FUNCTION, addMs(NOW, day * 86_400_000));

    const first = await parkingLot.list(2);
    const second = await parkingLot.list(2, first.next);

    expect(first.items.map(({ payload }) => payload)).toEqual([{ day: 2 }, { day: 1 }]);
    expect(second.items.map(({ payload }) => payload)).toEqual([{ day: 0 }]);
    expect(second).not.toHaveProperty('next');
  });
});
