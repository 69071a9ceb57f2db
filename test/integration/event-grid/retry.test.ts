import { afterEach, describe, expect, it } from 'vitest';
import {
  CLOUD_TOPIC,
  cloudEvent,
  GRID_TOPIC,
  gridEvent,
  type RunningGrid,
  type Subscriber,
  type SubscriberBehaviour,
  startGrid,
  startSubscriber,
  webhook,
} from '../../support/event-grid.ts';
import { createManualTime, type ManualTime } from '../../support/manual-time.ts';
import { until } from '../../support/until.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

interface Stage {
  readonly time: ManualTime;
  readonly grid: RunningGrid;
  readonly hook: Subscriber;
  readonly letters: Map<string, unknown>;
}

const start = async (
  onEvent: SubscriberBehaviour['onEvent'],
  options: Parameters<typeof startGrid>[0] = {},
): Promise<Stage> => {
  const time = createManualTime();
  const letters = new Map<string, unknown>();
  const writeDeadLetter = async (container: string, name: string, json: string): Promise<void> => {
    letters.set(`${container}/${name}`, JSON.parse(json));
  };
  const grid = await startGrid({ clock: time.clock, scheduler: time.scheduler, writeDeadLetter, ...options });
  const hook = await startSubscriber(onEvent === undefined ? {} : { onEvent });
  open.push(grid, hook);
  return { time, grid, hook, letters };
};

const answering =
  (status: number): SubscriberBehaviour['onEvent'] =>
  () => ({ status });

const DEAD_LETTERS = {
  deadLetterDestination: { endpointType: 'StorageBlob', properties: { resourceId: '/s', blobContainerName: 'dead' } },
};

/** Waits until the only delivery has been tried `attempts` times and that is stored. */
const tried = (grid: RunningGrid, attempts: number): Promise<true> =>
  until(`attempt ${attempts}`, async () => (await grid.deliveries())[0]?.attempts.length === attempts || undefined);

const phase = (grid: RunningGrid, wanted: string): Promise<true> =>
  until(wanted, async () => (await grid.deliveries())[0]?.phase === wanted || undefined);

describe('retries', () => {
  it('makes eleven deliveries in a day, at the documented times, then writes a dead letter', async () => {
    const { time, grid, hook, letters } = await start(answering(500));
    await grid.subscribe(GRID_TOPIC.id, 'broken', webhook(hook, DEAD_LETTERS));
    const startAt = time.clock();

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await tried(grid, 1);
    for (const [index, waitMs] of [
      10_000,
      30_000,
      MINUTE,
      5 * MINUTE,
      10 * MINUTE,
      30 * MINUTE,
      HOUR,
      3 * HOUR,
      6 * HOUR,
      12 * HOUR,
    ].entries()) {
      time.advance(waitMs - 1);
      expect(hook.received).toHaveLength(index + 1);
      time.advance(1);
      await tried(grid, index + 2);
    }
    expect(hook.received.map(({ headers }) => headers['aeg-delivery-count'])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '10',
    ]);
    expect(time.clock() - startAt).toBe(22 * HOUR + 46 * MINUTE + 40_000);

    time.advance(12 * HOUR);
    await phase(grid, 'dead-lettering');
    expect(letters.size).toBe(0);
    time.advance(5 * MINUTE);
    await phase(grid, 'dead-lettered');

    const [[name, content] = []] = letters;
    expect(name).toMatch(/^dead\/BROKEN\/2026\/1\/2\/10\/[0-9a-f-]{36}\.json$/);
    expect(content).toEqual([
      {
        ...gridEvent('1'),
        topic: GRID_TOPIC.id,
        metadataVersion: '1',
        deadLetterReason: 'TimeToLiveExceeded',
        deliveryAttempts: 11,
        lastDeliveryOutcome: 'Busy',
        publishTime: '2026-01-01T00:00:00.000Z',
        lastDeliveryAttemptTime: '2026-01-01T22:46:40.000Z',
      },
    ]);
  });

  it('makes six deliveries in a time to live of thirty minutes', async () => {
    const { time, grid, hook } = await start(answering(500));
    const retryPolicy = { eventTimeToLiveInMinutes: 30 };
    await grid.subscribe(GRID_TOPIC.id, 'brief', webhook(hook, { retryPolicy }));

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await tried(grid, 1);
    for (const [index, waitMs] of [10_000, 30_000, MINUTE, 5 * MINUTE, 10 * MINUTE].entries()) {
      time.advance(waitMs);
      await tried(grid, index + 2);
    }
    time.advance(30 * MINUTE);

    await phase(grid, 'dropped');
    expect(hook.received).toHaveLength(6);
    expect(await grid.deliveries()).toMatchObject([{ reason: 'TimeToLiveExceeded' }]);
  });

  it('stops at maxDeliveryAttempts', async () => {
    const { time, grid, hook } = await start(answering(500));
    await grid.subscribe(GRID_TOPIC.id, 'twice', webhook(hook, { retryPolicy: { maxDeliveryAttempts: 2 } }));

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await tried(grid, 1);
    time.advance(10_000);

    await phase(grid, 'dropped');
    expect(await grid.deliveries()).toMatchObject([{ reason: 'MaxDeliveryAttemptsExceeded' }]);
  });

  it('delivers when a later attempt is taken', async () => {
    const { time, grid, hook } = await start((_request, index) => ({ status: index === 0 ? 503 : 202 }));
    await grid.subscribe(GRID_TOPIC.id, 'later', webhook(hook));

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await tried(grid, 1);
    time.advance(30_000);

    await phase(grid, 'delivered');
    expect(await grid.deliveries()).toMatchObject([{ attempts: [{ status: 503 }, { status: 202 }] }]);
  });

  it('gives an endpoint thirty seconds to answer', async () => {
    const { time, grid, hook } = await start((_request, index) => (index === 0 ? undefined : { status: 200 }));
    await grid.subscribe(GRID_TOPIC.id, 'mute', webhook(hook));

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await until('the request', () => hook.received.length === 1);
    time.advance(30_000);
    await tried(grid, 1);

    expect(await grid.deliveries()).toMatchObject([{ phase: 'pending', attempts: [{ outcome: 'TimedOut' }] }]);
    time.advance(10_000);
    await phase(grid, 'delivered');
  });

  it('retries when nobody listens', async () => {
    const { grid, hook } = await start(answering(200));
    await grid.subscribe(GRID_TOPIC.id, 'gone', webhook(hook));
    await hook.close();

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await tried(grid, 1);

    expect(await grid.deliveries()).toMatchObject([{ phase: 'pending', attempts: [{ outcome: 'SocketError' }] }]);
  });

  it.each([
    [400, 'BadRequest'],
    [401, 'Unauthorized'],
    [403, 'Forbidden'],
    [413, 'PayloadTooLarge'],
  ])('never retries %i, and writes its dead letter in lower case for CloudEvents', async (status, outcome) => {
    const { time, grid, hook, letters } = await start(answering(status));
    const cloud = { eventDeliverySchema: 'CloudEventSchemaV1_0', ...DEAD_LETTERS };
    await grid.subscribe(CLOUD_TOPIC.id, 'refusing', webhook(hook, cloud));

    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);
    await phase(grid, 'dead-lettering');
    time.advance(5 * MINUTE);
    await phase(grid, 'dead-lettered');

    expect(hook.received).toHaveLength(1);
    expect([...letters.values()]).toEqual([
      [
        {
          ...cloudEvent('1'),
          deadletterreason: 'MaxDeliveryAttemptsExceeded',
          deliveryattempts: 1,
          lastdeliveryoutcome: outcome,
          publishtime: '2026-01-01T00:00:00.000Z',
          lastdeliveryattempttime: '2026-01-01T00:00:00.000Z',
        },
      ],
    ]);
  });

  it('tries an unreachable dead-letter container for four hours, then drops the event', async () => {
    let writes = 0;
    const writeDeadLetter = async (): Promise<void> => {
      writes += 1;
      throw new Error('away');
    };
    const { time, grid, hook } = await start(answering(400), { writeDeadLetter });
    await grid.subscribe(GRID_TOPIC.id, 'lost', webhook(hook, DEAD_LETTERS));

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await phase(grid, 'dead-lettering');
    await until('the end', async () => {
      time.advance(5 * MINUTE);
      return (await grid.deliveries())[0]?.phase === 'dropped';
    });

    expect(await grid.deliveries()).toMatchObject([{ reason: 'DeadLetterUnreachable' }]);
    expect(writes).toBeGreaterThan(1);
  });

  it('shortens every wait by the time scale', async () => {
    const { time, grid, hook } = await start(answering(500), { timeScale: 0.01 });
    await grid.subscribe(GRID_TOPIC.id, 'fast', webhook(hook));

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await tried(grid, 1);
    time.advance(99);
    expect(hook.received).toHaveLength(1);
    time.advance(1);

    await tried(grid, 2);
  });

  it('ends the deliveries of a deleted subscription', async () => {
    const { grid, hook } = await start(answering(500));
    await grid.subscribe(GRID_TOPIC.id, 'short', webhook(hook));
    await grid.publish(GRID_TOPIC, [gridEvent('1')]);
    await tried(grid, 1);

    await grid.call('DELETE', `${GRID_TOPIC.id}/providers/Microsoft.EventGrid/eventSubscriptions/short?api-version=1`);

    expect(await grid.deliveries()).toMatchObject([{ phase: 'dropped', reason: 'SubscriptionDeleted' }]);
  });
});
