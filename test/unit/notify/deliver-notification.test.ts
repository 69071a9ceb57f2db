import { describe, expect, it } from 'vitest';
import type { Channel } from '../../../shared/notify/alert-rule.ts';
import { deliverNotification } from '../../../shared/notify/deliver-notification.ts';
import { notify } from '../../../shared/notify/notify.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { createSecretBox } from '../../../shared/platform/secrets.ts';
import { createNotifyWorld, rolledBack } from '../../support/notify-world.ts';

const HOOK: Channel = { kind: 'webhook', name: 'ops', url: 'https://hooks.example.org/a' };

/** A delivery to the channel `ops` that is due, and a way to hand in its message. */
const queued = async (channel: Channel | undefined = HOOK) => {
  const world = createNotifyWorld();
  await world.rule('all');
  if (channel !== undefined) await world.channel(channel);
  await notify(rolledBack, world.services);
  const id = world.deliveries()[0]?.id ?? '';
  const deliver = (services = world.services) => deliverNotification({ day: '2025-12-31', id }, services);
  const delivery = () => world.deliveries()[0];
  return { ...world, id, deliver, delivery };
};

const secondsUntil = (at: number | undefined, from: number) => ((at ?? 0) - from) / 1000;

describe('deliverNotification', () => {
  it('posts the message once and is done', async () => {
    const world = await queued();

    await world.deliver();

    expect(world.posted).toEqual([
      {
        url: 'https://hooks.example.org/a',
        headers: { 'content-type': 'application/json', 'webhook-id': world.id, 'webhook-timestamp': '1767225600' },
        body: JSON.stringify(world.delivery()?.message),
      },
    ]);
    expect(world.delivery()).toMatchObject({ phase: 'delivered', attempts: 1, wakeUp: null });
    expect(world.journal()).toEqual([]);
  });

  it('signs with the secret of the channel and stores none of it in clear', async () => {
    const world = await queued();
    const sealedSecret = world.services.secrets.seal('a-secret-of-some-length');
    await world.channel({ ...HOOK, sealedSecret });

    await world.deliver();

    expect(world.posted[0]?.headers['webhook-signature']).toMatch(/^v1,[A-Za-z0-9+/]{43}=$/);
    expect(JSON.stringify([world.documents.all(), world.settings.all(), world.posted])).not.toContain(
      'a-secret-of-some-length',
    );
  });

  it('writes to the log where the channel is the log', async () => {
    const world = await queued({ kind: 'log', name: 'ops' });

    await world.deliver();

    expect(world.posted).toEqual([]);
    expect(world.logged[0]).toEqual([
      { event: 'je_1', type: 'slipway.rollout.rolled-back' },
      'rollout rolled back: heart-classifier version 2, gate-failed',
    ]);
    expect(world.delivery()).toMatchObject({ phase: 'delivered' });
  });

  it('tries again after 10 s, 1 min, 5 min, 30 min, 2 h, 5 h, 8 h and 8 h, then gives up', async () => {
    const world = await queued();
    const waits: number[] = [];

    for (let attempt = 1; attempt <= 9; attempt += 1) {
      world.answers.push({ status: 500 });
      await world.deliver();
      const at = world.delivery()?.wakeUp?.at;
      if (at === undefined) break;
      const wait = secondsUntil(at, world.services.clock());
      waits.push(wait);
      world.advance(wait * 1000);
    }

    expect(waits).toEqual([10, 60, 300, 1_800, 7_200, 18_000, 28_800, 28_800]);
    expect(new Set(world.posted.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([world.id]));
    expect(world.delivery()).toMatchObject({ phase: 'failed', attempts: 9, wakeUp: null });
    expect(world.journal()).toEqual([
      {
        id: `${world.id}:failed`,
        kind: 'journal',
        type: 'slipway.notification.failed',
        subject: `deliveries/${world.id}`,
        time: '2026-01-01T23:36:10.000Z',
        data: {
          delivery: world.id,
          channel: 'ops',
          rule: 'all',
          event: 'je_1',
          eventType: 'slipway.rollout.rolled-back',
          attempts: 9,
          reason: 'the receiver answered 500',
        },
        causedBy: 'je_1',
        correlationId: 'story-1',
      },
    ]);
  });

  it.each([
    [429, '120', 120],
    [503, '120', 120],
    [429, '3', 10],
    [429, '-60', 10],
    [429, undefined, 10],
    [429, 'soon', 10],
    [429, '999999999', 86_400],
    [408, undefined, 10],
    [425, undefined, 10],
    [502, undefined, 10],
  ])('after %d with Retry-After %j tries again in %d s', async (status, retryAfter, seconds) => {
    const world = await queued();
    world.answers.push(retryAfter === undefined ? { status } : { status, retryAfter });

    await world.deliver();

    expect(world.delivery()).toMatchObject({
      phase: 'queued',
      attempts: 1,
      lastReason: `the receiver answered ${status}`,
      wakeUp: { queue: 'deliver-notification', message: { day: '2025-12-31', id: world.id } },
    });
    expect(secondsUntil(world.delivery()?.wakeUp?.at, world.services.clock())).toBe(seconds);
  });

  it.each([301, 302, 400, 401, 403, 404, 410, 422])('gives up at once when the receiver answers %d', async (status) => {
    const world = await queued();
    world.answers.push({ status });

    await world.deliver();

    expect(world.delivery()).toMatchObject({ phase: 'failed', attempts: 1, wakeUp: null });
    expect(world.journal()).toMatchObject([{ data: { attempts: 1, reason: `the receiver answered ${status}` } }]);
  });

  it('tries again when nobody answers', async () => {
    const world = await queued();
    world.answers.push(
      new SlipwayError('TEMPORARILY_UNAVAILABLE', "'hooks.example.org' did not answer (ECONNREFUSED)"),
    );

    await world.deliver();

    expect(world.delivery()).toMatchObject({
      phase: 'queued',
      lastReason: "'hooks.example.org' did not answer (ECONNREFUSED)",
    });
  });

  it.each(['PERMISSION_DENIED', 'INVALID_PARAMETER_VALUE'] as const)('gives up when egress says %s', async (code) => {
    const world = await queued();
    world.answers.push(new SlipwayError(code, 'the address may not be called'));

    await world.deliver();

    expect(world.delivery()).toMatchObject({ phase: 'failed', lastReason: 'the address may not be called' });
  });

  it('gives up when the channel is gone', async () => {
    const world = await queued();
    await world.services.channels.delete('ops');

    await world.deliver();

    expect(world.delivery()).toMatchObject({ phase: 'failed', lastReason: "there is no channel 'ops'" });
  });

  it('gives up, and says why, when the secret cannot be opened any more', async () => {
    const world = await queued();
    const foreign = createSecretBox(Buffer.alloc(32, 8).toString('base64'));
    await world.channel({ ...HOOK, sealedSecret: foreign.seal('a-secret-of-some-length') });

    await world.deliver();

    expect(world.posted).toEqual([]);
    expect(world.delivery()).toMatchObject({
      phase: 'failed',
      lastReason: 'a stored secret cannot be opened with the SECRETS_KEY in use',
    });
  });

  it('leaves a delivery that has ended alone', async () => {
    const world = await queued();
    await world.deliver();
    await world.deliver();

    expect(world.posted).toHaveLength(1);
    expect(world.delivery()).toMatchObject({ attempts: 1 });
  });

  it('leaves a delivery that is not due alone until it is', async () => {
    const world = await queued();
    world.answers.push({ status: 500 });
    await world.deliver();

    world.advance(9_999);
    await world.deliver();
    expect(world.posted).toHaveLength(1);

    world.advance(1);
    await world.deliver();
    expect(world.posted).toHaveLength(2);
  });

  it('leaves a message about nothing alone', async () => {
    const world = await queued();

    await deliverNotification({ day: '2025-12-31', id: 'dl_none' }, world.services);

    expect(world.posted).toEqual([]);
  });

  it('posts again under the same id when it died between post and save', async () => {
    const world = await queued();
    const dying = { ...world.services.notifications, save: () => Promise.reject(new Error('died')) };

    await expect(world.deliver({ ...world.services, notifications: dying })).rejects.toThrow('died');
    await world.deliver();

    expect(world.posted.map(({ headers }) => headers['webhook-id'])).toEqual([world.id, world.id]);
    expect(world.delivery()).toMatchObject({ phase: 'delivered', attempts: 1 });
  });

  it('keeps what a faster worker stored', async () => {
    const world = await queued();
    const egress = {
      post: async () => {
        await world.deliver();
        return { status: 500, body: '', retryAfter: undefined };
      },
    };

    await world.deliver({ ...world.services, egress });

    expect(world.delivery()).toMatchObject({ phase: 'delivered', attempts: 1 });
    expect(world.journal()).toEqual([]);
  });

  it('tells what nobody expected to the queue, which brings the message again', async () => {
    const world = await queued();
    world.answers.push(new TypeError('boom'));

    await expect(world.deliver()).rejects.toThrow('boom');
    expect(world.delivery()).toMatchObject({ phase: 'queued', attempts: 0 });
  });
});
