import { afterEach, describe, expect, it } from 'vitest';
import {
  CLOUD_TOPIC,
  cloudEvent,
  consent,
  GRID_TOPIC,
  gridEvent,
  ML_TOPIC,
  type Reply,
  type RunningGrid,
  type Subscriber,
  type SubscriberBehaviour,
  startGrid,
  startSubscriber,
  subscriptionId,
  WORKSPACE,
  webhook,
} from '../../support/event-grid.ts';
import { createManualTime } from '../../support/manual-time.ts';
import { until } from '../../support/until.ts';

const VERSION = '?api-version=2022-06-15';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

const start = async (
  behaviour: SubscriberBehaviour = {},
  options: Parameters<typeof startGrid>[0] = {},
): Promise<{ grid: RunningGrid; hook: Subscriber }> => {
  const [grid, hook] = [await startGrid(options), await startSubscriber(behaviour)];
  open.push(grid, hook);
  return { grid, hook };
};

describe('event subscriptions over ARM', () => {
  it.each([
    ['a custom topic by extension', `${GRID_TOPIC.id}/providers/Microsoft.EventGrid/eventSubscriptions`],
    ['a custom topic of its own', `${GRID_TOPIC.id}/eventSubscriptions`],
    ['a system topic', `${ML_TOPIC.id}/eventSubscriptions`],
    ['a workspace by extension', `${WORKSPACE}/providers/Microsoft.EventGrid/eventSubscriptions`],
  ])('creates, reads, lists and deletes one on %s', async (_name, collection) => {
    const { grid, hook } = await start();
    const path = `${collection}/first${VERSION}`;

    const created = await grid.call('PUT', path, { properties: webhook({ url: `${hook.url}?code=secret` }) });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      id: `${collection}/first`,
      name: 'first',
      type: 'Microsoft.EventGrid/eventSubscriptions',
      properties: {
        provisioningState: 'Succeeded',
        eventDeliverySchema: 'EventGridSchema',
        retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
        destination: { endpointType: 'WebHook', properties: { endpointBaseUrl: hook.url } },
      },
    });
    expect(JSON.stringify(created.body)).not.toContain('secret');
    expect((await grid.call('GET', path)).body).toEqual(created.body);
    expect((await grid.call('GET', `${collection}${VERSION}`)).body).toEqual({ value: [created.body] });
    expect((await grid.call('POST', `${collection}/first/getFullUrl${VERSION}`)).body).toEqual({
      endpointUrl: `${hook.url}?code=secret`,
    });

    expect((await grid.call('DELETE', path)).status).toBe(200);
    expect((await grid.call('DELETE', path)).status).toBe(204);
    expect((await grid.call('GET', path)).body.error.code).toBe('ResourceNotFound');
  });

  it.each([
    ['an unknown topic', '/subscriptions/0/resourceGroups/g/providers/Microsoft.EventGrid/topics/no', {}, 404],
    ['no destination', GRID_TOPIC.id, {}, 400],
    ['31 attempts', GRID_TOPIC.id, { retryPolicy: { maxDeliveryAttempts: 31 } }, 400],
    ['a time to live of 0', GRID_TOPIC.id, { retryPolicy: { eventTimeToLiveInMinutes: 0 } }, 400],
    ['another schema', GRID_TOPIC.id, { eventDeliverySchema: 'CustomInputSchema' }, 400],
    [
      'a function without a host',
      GRID_TOPIC.id,
      { destination: { endpointType: 'AzureFunction', properties: { resourceId: '/sites/a/functions/b' } } },
      400,
    ],
  ])('refuses %s', async (name, topicId, properties, status) => {
    const { grid, hook } = await start();

    const given = name === 'no destination' ? {} : webhook(hook, properties);
    const answer = await grid.subscribe(topicId, 'refused', given);

    expect(answer.status).toBe(status);
  });

  it('asks for the bearer token and an api-version', async () => {
    const { grid } = await start({}, { armToken: 'token' });
    const path = `${GRID_TOPIC.id}/eventSubscriptions`;

    expect((await grid.call('GET', path + VERSION)).status).toBe(401);
    expect((await grid.call('GET', path, undefined, { authorization: 'Bearer token' })).body.error.code).toBe(
      'MissingApiVersionParameter',
    );
    expect((await grid.call('GET', path + VERSION, undefined, { authorization: 'Bearer token' })).status).toBe(200);
  });

  it('shows the configured topics and their keys', async () => {
    const { grid } = await start();

    expect((await grid.call('GET', `${CLOUD_TOPIC.id}${VERSION}`)).body.properties).toEqual({
      provisioningState: 'Succeeded',
      endpoint: `${grid.url}/topics/slipway/api/events`,
      inputSchema: 'CloudEventSchemaV1_0',
    });
    expect((await grid.call('POST', `${CLOUD_TOPIC.id}/listKeys${VERSION}`)).body.key1).toBe(CLOUD_TOPIC.keys[0]);
    expect((await grid.call('GET', `${ML_TOPIC.id}${VERSION}`)).body.properties.source).toBe(WORKSPACE);
  });
});

describe('validation handshake in Event Grid schema', () => {
  it('posts one validation event and accepts its code', async () => {
    const { grid, hook } = await start();

    await grid.subscribe(GRID_TOPIC.id, 'valid', webhook(hook));

    expect(hook.handshakes).toHaveLength(1);
    expect(hook.handshakes[0]?.headers).toMatchObject({ 'aeg-event-type': 'SubscriptionValidation' });
    expect(hook.handshakes[0]?.body).toMatchObject([
      {
        eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
        subject: '',
        dataVersion: '1',
        metadataVersion: '1',
        data: { validationCode: expect.any(String), validationUrl: expect.any(String) },
      },
    ]);
  });

  it('takes the code under a key in any case', async () => {
    const onHandshake: SubscriberBehaviour['onHandshake'] = ({ body }) => ({
      status: 200,
      body: { ValidationResponse: body[0].data.validationCode },
    });
    const { grid, hook } = await start({ onHandshake });

    const answer = await grid.subscribe(GRID_TOPIC.id, 'valid', webhook(hook));

    expect(answer.body.properties.provisioningState).toBe('Succeeded');
  });

  it.each([[202], [204], [400], [500]])('refuses an endpoint that answers %i', async (status) => {
    const { grid, hook } = await start({ onHandshake: (request) => ({ ...consent(request), status }) });

    const answer = await grid.subscribe(GRID_TOPIC.id, 'refused', webhook(hook));

    expect(answer.status).toBe(400);
    expect(answer.body.error.code).toBe('Url validation');
    expect((await grid.call('GET', subscriptionId(GRID_TOPIC.id, 'refused') + VERSION)).status).toBe(404);
  });

  it('asks again on update, and keeps what was there when that fails', async () => {
    let agrees = true;
    const { grid, hook } = await start({ onHandshake: (one) => (agrees ? consent(one) : { status: 500 }) });
    await grid.subscribe(GRID_TOPIC.id, 'kept', webhook(hook, { labels: ['before'] }));
    agrees = false;

    const update = await grid.subscribe(GRID_TOPIC.id, 'kept', webhook(hook, { labels: ['after'] }));

    expect(update.status).toBe(400);
    const { body } = await grid.call('GET', subscriptionId(GRID_TOPIC.id, 'kept') + VERSION);
    expect(body.properties.labels).toEqual(['before']);
  });

  it('waits for the validation URL when the answer has no code, and delivers nothing until then', async () => {
    const { grid, hook } = await start({ onHandshake: () => ({ status: 200, body: {} }) });

    const answer = await grid.subscribe(GRID_TOPIC.id, 'manual', webhook(hook));
    expect(answer.body.properties.provisioningState).toBe('AwaitingManualAction');
    await grid.publish(GRID_TOPIC, [gridEvent('early')]);
    expect((await fetch(hook.handshakes[0]?.body[0].data.validationUrl)).status).toBe(200);
    await grid.publish(GRID_TOPIC, [gridEvent('late')]);

    await until('the later event', () => hook.received.length === 1);
    expect(hook.received[0]?.body[0].id).toBe('late');
    const { body } = await grid.call('GET', subscriptionId(GRID_TOPIC.id, 'manual') + VERSION);
    expect(body.properties.provisioningState).toBe('Succeeded');
  });

  it('fails when nobody fetches the validation URL within five minutes', async () => {
    const time = createManualTime();
    const { grid, hook } = await start({ onHandshake: () => ({ status: 200 }) }, time);
    await grid.subscribe(GRID_TOPIC.id, 'manual', webhook(hook));

    time.advance(5 * 60_000);

    expect((await fetch(hook.handshakes[0]?.body[0].data.validationUrl)).status).toBe(400);
    const { body } = await grid.call('GET', subscriptionId(GRID_TOPIC.id, 'manual') + VERSION);
    expect(body.properties.provisioningState).toBe('Failed');
  });
});

describe('validation handshake in CloudEvents schema', () => {
  const CLOUD = { eventDeliverySchema: 'CloudEventSchemaV1_0' };

  it.each([['eventgrid.azure.net'], ['*']])('asks with OPTIONS and accepts the allowed origin %s', async (origin) => {
    const { grid, hook } = await start({
      onHandshake: () => ({ status: 200, headers: { 'webhook-allowed-origin': origin } }),
    });

    const answer = await grid.subscribe(CLOUD_TOPIC.id, 'cloud', webhook(hook, CLOUD));

    expect(answer.body.properties.provisioningState).toBe('Succeeded');
    expect(hook.handshakes).toMatchObject([
      { method: 'OPTIONS', url: '/hook', headers: { 'webhook-request-origin': 'eventgrid.azure.net' } },
    ]);
  });

  it('does not take a status alone for consent, but the callback is', async () => {
    const { grid, hook } = await start({ onHandshake: () => ({ status: 200 }) });

    const answer = await grid.subscribe(CLOUD_TOPIC.id, 'cloud', webhook(hook, CLOUD));
    expect(answer.body.properties.provisioningState).toBe('AwaitingManualAction');
    await fetch(String(hook.handshakes[0]?.headers['webhook-request-callback']));
    await grid.publish(CLOUD_TOPIC, [cloudEvent('after')]);

    await until('the event', () => hook.received.length === 1);
  });

  it.each<[string, Reply]>([
    ['405', { status: 405 }],
    ['500', { status: 500, headers: { 'webhook-allowed-origin': '*' } }],
  ])('refuses an endpoint that answers %s', async (_name, reply) => {
    const { grid, hook } = await start({ onHandshake: () => reply });

    expect((await grid.subscribe(CLOUD_TOPIC.id, 'cloud', webhook(hook, CLOUD))).status).toBe(400);
  });
});
