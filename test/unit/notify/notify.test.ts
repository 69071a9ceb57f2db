import { describe, expect, it } from 'vitest';
import { deliverNotification } from '../../../shared/notify/deliver-notification.ts';
import { notify } from '../../../shared/notify/notify.ts';
import { createNotifyWorld, rolledBack } from '../../support/notify-world.ts';

const failed = (data: unknown, id = 'je_2') => ({ ...rolledBack, id, type: 'slipway.notification.failed', data });

describe('notify', () => {
  it('queues one delivery per channel, due at once', async () => {
    const world = createNotifyWorld();
    await world.rule('all', { channels: ['ops', 'team'] });
    await world.rule('errors', { channels: ['ops'], minSeverity: 'error' });

    expect(await notify(rolledBack, world.services)).toBe(2);
    expect(world.deliveries()).toMatchObject([
      { channel: expect.any(String), rule: 'all', phase: 'queued', attempts: 0, createdAt: '2025-12-31T23:59:59.000Z' },
      { rule: 'all', message: { title: 'rollout rolled back: heart-classifier version 2, gate-failed' } },
    ]);
    expect(
      world
        .deliveries()
        .map(({ channel }) => channel)
        .toSorted(),
    ).toEqual(['ops', 'team']);
    const [delivery] = world.deliveries();
    expect(delivery?.wakeUp).toEqual({
      queue: 'deliver-notification',
      at: 1_767_225_600_000,
      message: { day: '2025-12-31', id: delivery?.id },
    });
  });

  it('queues nothing more when the same event comes again, even the day after', async () => {
    const world = createNotifyWorld();
    await world.rule('all');
    await notify(rolledBack, world.services);
    const before = world.deliveries();

    world.advance(86_400_000);
    await notify(rolledBack, world.services);

    expect(world.deliveries()).toEqual(before);
  });

  it('tells events of the same id from two sources apart', async () => {
    const world = createNotifyWorld();
    await world.rule('all');
    await notify(rolledBack, world.services);
    await notify({ ...rolledBack, source: '/elsewhere' }, world.services);

    expect(world.deliveries()).toHaveLength(2);
  });

  it('leaves a delivery that has ended as it is when the event comes again', async () => {
    const world = createNotifyWorld();
    await world.rule('all');
    await world.channel({ kind: 'log', name: 'ops' });
    await notify(rolledBack, world.services);
    const [queued] = world.deliveries();
    await deliverNotification({ day: '2025-12-31', id: queued?.id ?? '' }, world.services);

    await notify(rolledBack, world.services);

    expect(world.deliveries()).toMatchObject([{ phase: 'delivered', attempts: 1 }]);
  });

  it('queues nothing when no rule matches', async () => {
    const world = createNotifyWorld();
    await world.rule('drift', { eventTypes: ['slipway.drift.*'] });

    expect(await notify(rolledBack, world.services)).toBe(0);
    expect(world.deliveries()).toEqual([]);
  });

  it('tells a failed notification to the other channels, not to the one that failed', async () => {
    const world = createNotifyWorld();
    await world.rule('all', { channels: ['ops', 'team'] });

    await notify(failed({ channel: 'ops', eventType: 'slipway.rollout.failed' }), world.services);

    expect(world.deliveries().map(({ channel }) => channel)).toEqual(['team']);
  });

  it.each([null, undefined, 'text', {}])(
    'does not stumble over a failed notification with the data %j',
    async (data) => {
      const world = createNotifyWorld();
      await world.rule('all');

      expect(await notify(failed(data), world.services)).toBe(1);
    },
  );

  it('comes to an end when every channel is broken', async () => {
    const world = createNotifyWorld();
    await world.rule('all', { channels: ['ops', 'team', 'boss'] });
    let events = [rolledBack];
    let told = 0;

    for (let round = 0; round < 10 && events.length > 0; round += 1) {
      const known = new Set(world.journal().map(({ id }) => id));
      for (const event of events) await notify(event, world.services);
      for (const { id, createdAt } of world.deliveries()) {
        await deliverNotification({ day: createdAt.slice(0, 10), id }, world.services);
      }
      events = world
        .journal()
        .filter(({ id }) => !known.has(id))
        .map((entry) => ({ ...entry, source: '/slipway' }));
      told = round;
    }

    expect(events).toEqual([]);
    expect(told).toBe(2);
    expect(world.deliveries()).toHaveLength(3 + 6);
  });
});
