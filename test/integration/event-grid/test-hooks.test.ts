import { afterEach, describe, expect, it } from 'vitest';
import {
  CLOUD_TOPIC,
  cloudEvent,
  type RunningGrid,
  type Subscriber,
  startGrid,
  startSubscriber,
  webhook,
} from '../../support/event-grid.ts';
import { until } from '../../support/until.ts';

const PREFIX = '/_emulator/event-grid';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const start = async (concurrency = 16): Promise<{ grid: RunningGrid; hook: Subscriber }> => {
  const [grid, hook] = [await startGrid({ timeScale: 0.001, concurrency }), await startSubscriber()];
  open.push(grid, hook);
  await grid.subscribe(CLOUD_TOPIC.id, 'hook', webhook(hook, { eventDeliverySchema: 'CloudEventSchemaV1_0' }));
  return { grid, hook };
};

const ended = (grid: RunningGrid): Promise<true> =>
  until(
    'all deliveries to end',
    async () => (await grid.call('GET', `${PREFIX}/status`)).body.pending === 0 || undefined,
  );

describe('test hooks of the Event Grid emulator', () => {
  it('delivers every event as often as asked', async () => {
    const { grid, hook } = await start();

    await grid.call('PUT', `${PREFIX}/faults`, { duplicate: 3 });
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1'), cloudEvent('2')]);

    await ended(grid);
    expect(hook.received.map(({ body }) => body.id).sort()).toEqual(['1', '1', '1', '2', '2', '2']);
  });

  it('delivers what gathers in the window last first', async () => {
    const { grid, hook } = await start(1);

    await grid.call('PUT', `${PREFIX}/faults`, { reorderWindowMs: 100 });
    for (const id of ['1', '2', '3']) await grid.publish(CLOUD_TOPIC, [cloudEvent(id)]);

    await ended(grid);
    expect(hook.received.map(({ body }) => body.id)).toEqual(['3', '2', '1']);
  });

  it('delays first attempts', async () => {
    const { grid, hook } = await start();

    await grid.call('PUT', `${PREFIX}/faults`, { delayMs: 60_000 });
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);
    await grid.call('DELETE', `${PREFIX}/faults`);
    await grid.publish(CLOUD_TOPIC, [cloudEvent('2')]);

    await until('the second', () => hook.received.length === 1);
    expect(hook.received[0]?.body.id).toBe('2');
  });

  it('loses the next deliveries and no more', async () => {
    const { grid, hook } = await start();

    await grid.call('PUT', `${PREFIX}/faults`, { drop: 2 });
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1'), cloudEvent('2'), cloudEvent('3')]);

    await ended(grid);
    expect(hook.received.map(({ body }) => body.id)).toEqual(['3']);
    expect((await grid.call('GET', `${PREFIX}/faults`)).body).toEqual({ drop: 0 });
    expect(await grid.deliveries('phase=dropped')).toMatchObject([
      { eventId: '1', reason: 'DroppedByFault' },
      { eventId: '2', reason: 'DroppedByFault' },
    ]);
  });

  it('fails the next attempts with a status, which are then retried', async () => {
    const { grid, hook } = await start();

    await grid.call('PUT', `${PREFIX}/faults`, { fail: { status: 500, times: 2 } });
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);

    await ended(grid);
    expect(hook.received).toHaveLength(1);
    expect((await grid.deliveries('eventId=1'))[0]?.attempts.map(({ status }) => status)).toEqual([500, 500, 200]);
  });

  it('leaves other subscriptions alone', async () => {
    const { grid, hook } = await start();

    await grid.call('PUT', `${PREFIX}/faults`, { subscription: 'another', drop: 5, duplicate: 5 });
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);

    await ended(grid);
    expect(hook.received).toHaveLength(1);
  });

  it('refuses a fault it does not know', async () => {
    const { grid } = await start();

    expect((await grid.call('PUT', `${PREFIX}/faults`, { explode: true })).status).toBe(400);
  });

  it('replays every accepted event to every subscription and answers when all have ended', async () => {
    const { grid, hook } = await start();
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1'), cloudEvent('2')]);
    await ended(grid);

    const answer = await grid.call('POST', `${PREFIX}/replay`, { times: 10 });

    expect(answer.body).toEqual({ events: 2, deliveries: 20, pending: 0, delivered: 20, deadLettered: 0, dropped: 0 });
    expect(hook.received).toHaveLength(22);
  });

  it('counts what a replay could not deliver', async () => {
    const { grid } = await start();
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);
    await ended(grid);
    await grid.call('PUT', `${PREFIX}/faults`, { fail: { status: 400, times: 1 } });

    const answer = await grid.call('POST', `${PREFIX}/replay`, { times: 2 });

    expect(answer.body).toMatchObject({ deliveries: 2, delivered: 1, dropped: 1 });
  });

  it('replays to a subscription made after the event', async () => {
    const grid = await startGrid();
    const hook = await startSubscriber();
    open.push(grid, hook);
    await grid.publish(CLOUD_TOPIC, [cloudEvent('before')]);
    await grid.subscribe(CLOUD_TOPIC.id, 'late', webhook(hook));

    const answer = await grid.call('POST', `${PREFIX}/replay`);

    expect(answer.body).toMatchObject({ events: 1, delivered: 1 });
  });
});
