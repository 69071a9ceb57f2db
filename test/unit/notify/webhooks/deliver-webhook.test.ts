import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../../../shared/events/catalogue.ts';
import { deleteWebhook, updateWebhook } from '../../../../shared/notify/webhooks/change-webhook.ts';
import { deliverWebhook } from '../../../../shared/notify/webhooks/deliver-webhook.ts';
import { replayDelivery } from '../../../../shared/notify/webhooks/replay-delivery.ts';
import { mlflowHeaders } from '../../../../shared/notify/webhooks/webhook-request.ts';
import { SlipwayError } from '../../../../shared/platform/errors.ts';
import { createSecretBox } from '../../../../shared/platform/secrets.ts';
import { createModel } from '../../../../shared/registry/create-model.ts';
import { CAUSE, createWebhookWorld } from '../../../support/webhook-world.ts';

const SECRET = 'test-secret-key';

/** A delivery that is due: a model was created, and a webhook wants to know. */
const queued = async (wish: { readonly secret?: string } = {}) => {
  const world = createWebhookWorld();
  const hook = await world.webhook(wish);
  await createModel(world.services, { name: 'heart' }, CAUSE);
  await world.tell();
  const delivery = () => {
    const [only] = world.deliveries();
    if (only === undefined) throw new Error('there is no delivery');
    return only;
  };
  return { ...world, hook, delivery };
};

const header = (posted: { readonly headers: Readonly<Record<string, string>> } | undefined, name: string) =>
  posted?.headers[`X-MLflow-${name}`];

describe('the signature', () => {
  it('is the one that MLflow makes', () => {
    const signed = {
      id: '0b5c2c9e-0000-8000-8000-000000000001',
      timestamp: 1_767_225_600,
      body: '{"data":{"name":"ü"}}',
    };
    expect(mlflowHeaders(signed, 'test-secret-key ü')).toEqual({
      'Content-Type': 'application/json',
      'X-MLflow-Delivery-Id': '0b5c2c9e-0000-8000-8000-000000000001',
      'X-MLflow-Timestamp': '1767225600',
      'X-MLflow-Signature': 'v1,JgdbqAQpBzbNH7OadY+ur/FFxCJfOeDEgSCKd/JxwBE=',
    });
  });

  it('is not there without a secret', () => {
    expect(mlflowHeaders({ id: 'a', timestamp: 1, body: '{}' }, undefined)).not.toHaveProperty('X-MLflow-Signature');
  });
});

describe('a delivery to a webhook', () => {
  it('posts once what happened, when, under an id in the form of a UUID', async () => {
    const world = await queued();
    await world.attempt();
    await world.attempt();
    expect(world.posted).toHaveLength(1);
    expect(world.posted[0]).toMatchObject({
      url: 'https://hooks.example.org/a',
      headers: { 'Content-Type': 'application/json', 'X-MLflow-Timestamp': '1767225600' },
      body: '{"entity":"registered_model","action":"created","timestamp":"2026-01-01T00:00:00.000+00:00","data":{"name":"heart","tags":{},"description":""}}',
    });
    expect(header(world.posted[0], 'Delivery-Id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect(world.delivery()).toMatchObject({ phase: 'delivered', attempts: 1, lastStatus: 200, wakeUp: null });
  });

  it('is signed over the very bytes that are sent, and stores no secret in clear', async () => {
    const world = await queued({ secret: SECRET });
    await world.attempt();
    const [posted] = world.posted;
    const signed = `${header(posted, 'Delivery-Id')}.${header(posted, 'Timestamp')}.${posted?.body}`;
    expect(header(posted, 'Signature')).toBe(`v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`);
    expect(JSON.stringify([world.settings.all(), world.documents.all()])).not.toContain(SECRET);
  });

  it('is the same message on each of the first attempts, and signed anew on a late one', async () => {
    const world = await queued({ secret: SECRET });
    world.answers.push(...[500, 502, 503, 504, 500, 500].map((status) => ({ status })));
    for (let attempt = 0; attempt < 7; attempt += 1) await world.attempt();
    const sent = world.posted.map((posted) =>
      JSON.stringify([posted.body, header(posted, 'Timestamp'), header(posted, 'Signature')]),
    );
    expect(new Set(sent.slice(0, 5)).size).toBe(1);
    expect(new Set(sent.slice(5)).size).toBe(2);
    expect(new Set(world.posted.map((posted) => header(posted, 'Delivery-Id'))).size).toBe(1);
    expect(new Set(world.posted.map(({ body }) => body)).size).toBe(1);
    for (const posted of world.posted.slice(5))
      expect(Number(header(posted, 'Timestamp'))).toBeGreaterThan(1_767_225_600);
  });

  it('is tried again soon, then for a day, and then fails and is journaled', async () => {
    const world = await queued();
    world.answers.push(...Array.from({ length: 20 }, () => ({ status: 500 })));
    const waits: number[] = [];
    while (world.delivery().phase === 'queued') {
      const before = world.services.clock();
      await world.attempt();
      waits.push((world.services.clock() - before) / 1000);
    }
    expect(waits).toEqual([0, 1, 2, 4, 30, 300, 1_800, 7_200, 18_000, 28_800, 28_800]);
    const { id } = world.delivery();
    expect(world.journal()).toMatchObject([
      {
        type: 'slipway.notification.failed',
        subject: `deliveries/${id}`,
        correlationId: 'story-1',
        data: {
          delivery: id,
          webhook: world.hook.id,
          eventType: 'slipway.model.changed',
          attempts: 11,
          reason: 'the receiver answered 500',
        },
      },
    ]);
    const failed = CATALOGUE.find(({ type }) => type === 'slipway.notification.failed');
    expect(failed?.data.parse(world.journal()[0]?.data)).toEqual(world.journal()[0]?.data);
  });

  it.each([
    [429, '5', 5],
    [429, 'Thu, 01 Jan 2026 00:00:07 GMT', 7],
    [503, '120', 120],
    [503, '0', 1],
    [429, 'Wed, 31 Dec 2025 00:00:00 GMT', 1],
    [429, 'Thu, 01 Jan 2099 00:00:00 GMT', 86_400],
    [429, 'soon', 1],
    [408, undefined, 1],
  ])('after %d with Retry-After %j tries again in %d s', async (status, retryAfter, seconds) => {
    const world = await queued();
    world.answers.push(retryAfter === undefined ? { status } : { status, retryAfter });
    await world.attempt();
    expect(world.delivery()).toMatchObject({ phase: 'queued', attempts: 1, lastStatus: status });
    expect(world.delivery().wakeUp?.at).toBe(world.later(seconds * 1000));
  });

  it.each([301, 400, 401, 403, 404, 410, 422])('fails at once when the receiver answers %d', async (status) => {
    const world = await queued();
    world.answers.push({ status });
    await world.attempt();
    expect(world.delivery()).toMatchObject({ phase: 'failed', attempts: 1, lastStatus: status, wakeUp: null });
  });

  it('is tried again when nobody answers, and not when the address may not be called', async () => {
    const world = await queued();
    world.answers.push(new SlipwayError('TEMPORARILY_UNAVAILABLE', 'no answer'));
    await world.attempt();
    expect(world.delivery()).toMatchObject({ phase: 'queued', lastReason: 'no answer' });
    world.answers.push(new SlipwayError('PERMISSION_DENIED', 'not public'));
    await world.attempt();
    expect(world.delivery()).toMatchObject({ phase: 'failed', lastReason: 'not public' });
  });

  it('forgets the reason of an attempt that failed once another succeeds', async () => {
    const world = await queued();
    world.answers.push({ status: 500 });
    await world.attempt();
    await world.attempt();
    expect(world.delivery()).toMatchObject({ phase: 'delivered', attempts: 2, lastStatus: 200 });
    expect(world.delivery()).not.toHaveProperty('lastReason');
  });

  it('is cancelled, and not journaled as a failure, when the webhook is disabled or deleted meanwhile', async () => {
    const disabled = await queued();
    await updateWebhook(disabled.hook.id, { status: 'DISABLED' }, disabled.services, CAUSE);
    await disabled.attempt();
    expect(disabled.delivery()).toMatchObject({ phase: 'cancelled', lastReason: 'the webhook is disabled' });

    const deleted = await queued();
    await deleteWebhook(deleted.hook.id, deleted.services, CAUSE);
    await deleted.attempt();
    expect(deleted.delivery()).toMatchObject({ phase: 'cancelled', lastReason: 'the webhook was deleted' });

    expect([...disabled.posted, ...deleted.posted, ...disabled.journal(), ...deleted.journal()]).toEqual([]);
  });

  it('goes to where the webhook points now', async () => {
    const world = await queued();
    await updateWebhook(world.hook.id, { url: 'https://hooks.example.org/new' }, world.services, CAUSE);
    await world.attempt();
    expect(world.posted.map(({ url }) => url)).toEqual(['https://hooks.example.org/new']);
  });

  it('fails, and says why, when the secret cannot be opened any more', async () => {
    const world = await queued({ secret: SECRET });
    const secrets = createSecretBox(Buffer.alloc(32, 8).toString('base64'));
    await deliverWebhook(world.delivery().wakeUp?.message as never, { ...world.services, secrets });
    expect(world.posted).toEqual([]);
    expect(world.delivery()).toMatchObject({ phase: 'failed', lastReason: expect.stringContaining('SECRETS_KEY') });
  });

  it('is left alone before its time and when there is none', async () => {
    const world = await queued();
    const message = world.delivery().wakeUp?.message as { day: string; id: string };
    world.answers.push({ status: 500 });
    await world.attempt();
    await deliverWebhook(message, world.services);
    await deliverWebhook({ ...message, id: 'none' }, world.services);
    expect(world.posted).toHaveLength(1);
  });

  it('posts again under the same id when it died between post and save', async () => {
    const world = await queued();
    const webhookDeliveries = { ...world.services.webhookDeliveries, save: () => Promise.reject(new Error('died')) };
    const message = world.delivery().wakeUp?.message as never;
    await expect(deliverWebhook(message, { ...world.services, webhookDeliveries })).rejects.toThrow('died');
    await world.attempt();
    expect(new Set(world.posted.map((posted) => header(posted, 'Delivery-Id'))).size).toBe(1);
    expect(world.delivery()).toMatchObject({ phase: 'delivered', attempts: 1 });
  });
});

describe('a replay', () => {
  const replay = (world: Awaited<ReturnType<typeof queued>>) =>
    replayDelivery({ webhook: world.hook.id, delivery: world.delivery().id }, world.services);

  it('sends the same body under the same id again, signed as of now', async () => {
    const world = await queued({ secret: SECRET });
    world.answers.push({ status: 404 });
    await world.attempt();
    world.advance(3_600_000);
    expect(await replay(world)).toMatchObject({ phase: 'queued', attempts: 0, replays: 1 });
    await world.attempt();
    const [first, second] = world.posted;
    expect(second?.body).toBe(first?.body);
    expect(header(second, 'Delivery-Id')).toBe(header(first, 'Delivery-Id'));
    expect(header(second, 'Timestamp')).toBe('1767229200');
    expect(world.delivery()).toMatchObject({ phase: 'delivered', attempts: 1 });
  });

  it('that fails is journaled once more', async () => {
    const world = await queued();
    world.answers.push({ status: 404 }, { status: 410 });
    await world.attempt();
    await replay(world);
    await world.attempt();
    expect(world.delivery().phase).toBe('failed');
    expect(world.journal().map(({ data }) => (data as { reason: string }).reason)).toEqual([
      'the receiver answered 404',
      'the receiver answered 410',
    ]);
  });

  it('is refused while the webhook is disabled, and for what is not there', async () => {
    const world = await queued();
    await updateWebhook(world.hook.id, { status: 'DISABLED' }, world.services, CAUSE);
    await expect(replay(world)).rejects.toMatchObject({ code: 'INVALID_STATE' });
    const { services, hook } = world;
    await expect(replayDelivery({ webhook: hook.id, delivery: 'none' }, services)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
    const other = await world.webhook();
    await expect(replayDelivery({ webhook: other.id, delivery: world.delivery().id }, services)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});
