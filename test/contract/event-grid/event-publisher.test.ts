import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEventPublisher } from '../../../shared/azure/event-grid/create-event-publisher.ts';
import type { CloudEventEnvelope, EventPublisher } from '../../../shared/platform/publisher.ts';
import {
  CLOUD_TOPIC,
  type RunningGrid,
  type Subscriber,
  startGrid,
  startSubscriber,
  TOPIC_KEY,
  webhook,
} from '../../support/event-grid.ts';
import { until } from '../../support/until.ts';

interface PublisherUnderTest {
  readonly publisher: EventPublisher;
  /** What subscribers have got. */
  received(): readonly unknown[];
}

const event = (id: string, data: unknown = { name: 'heart' }): CloudEventEnvelope => ({
  id,
  source: '/slipway',
  type: 'slipway.model.registered',
  subject: 'models/heart/versions/2',
  time: '2026-01-31T12:00:00.000Z',
  data,
});

/** What every `EventPublisher` promises. */
const eventPublisherContract = (name: string, open: () => PublisherUnderTest): void => {
  describe(`EventPublisher: ${name}`, () => {
    it('hands over events as CloudEvents 1.0', async () => {
      const { publisher, received } = open();

      await publisher.publish([
        { ...event('1'), traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
      ]);

      await until('the event', () => received().length === 1);
      expect(received()).toEqual([
        {
          specversion: '1.0',
          id: '1',
          source: '/slipway',
          type: 'slipway.model.registered',
          subject: 'models/heart/versions/2',
          time: '2026-01-31T12:00:00.000Z',
          datacontenttype: 'application/json',
          data: { name: 'heart' },
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      ]);
    });

    it('hands over more than fits one request', async () => {
      const { publisher, received } = open();

      await publisher.publish(Array.from({ length: 5 }, (_, n) => event(String(n), { text: 'x'.repeat(400_000) })));

      await until('all five', () => received().length === 5);
    });

    it('has nothing to do without events', async () => {
      await expect(open().publisher.publish([])).resolves.toBeUndefined();
    });

    it('refuses an event that fits no request', async () => {
      const { publisher } = open();

      await expect(publisher.publish([event('1', { text: 'x'.repeat(1_100_000) })])).rejects.toMatchObject({
        code: 'PAYLOAD_TOO_LARGE',
      });
    });
  });
};

let grid: RunningGrid;
let hook: Subscriber;
beforeAll(async () => {
  grid = await startGrid();
  hook = await startSubscriber();
  await grid.subscribe(CLOUD_TOPIC.id, 'all', webhook(hook, { eventDeliverySchema: 'CloudEventSchemaV1_0' }));
});
beforeEach(() => {
  (hook.received as unknown[]).length = 0;
});
afterAll(async () => {
  await grid.close();
  await hook.close();
});

const endpoint = (topic = 'slipway'): string => `${grid.url}/topics/${topic}/api/events`;

eventPublisherContract('Event Grid', () => ({
  publisher: createEventPublisher({ endpoint: endpoint(), key: TOPIC_KEY }),
  received: () => hook.received.map(({ body }) => body),
}));

describe('the Event Grid publisher', () => {
  it('says that its key is refused', async () => {
    const publisher = createEventPublisher({ endpoint: endpoint(), key: 'd3Jvbmc=' });

    await expect(publisher.publish([event('1')])).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('says that the topic has another schema', async () => {
    const publisher = createEventPublisher({ endpoint: endpoint('classic'), key: TOPIC_KEY });

    await expect(publisher.publish([event('1')])).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
  });

  it('needs a key or a credential', () => {
    expect(() => createEventPublisher({ endpoint: endpoint() })).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' }),
    );
  });
});
