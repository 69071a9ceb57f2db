import { afterEach, describe, expect, it } from 'vitest';
import { modelRegistered, runStatusChanged } from '../../../local/event-grid/ml-events.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import {
  CLOUD_TOPIC,
  cloudEvent,
  GRID_TOPIC,
  gridEvent,
  ML_TOPIC,
  type RunningGrid,
  type Subscriber,
  type SubscriberBehaviour,
  startGrid,
  startSubscriber,
  WORKSPACE,
  webhook,
} from '../../support/event-grid.ts';
import { until } from '../../support/until.ts';

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

const CLOUD = { eventDeliverySchema: 'CloudEventSchemaV1_0' };

describe('delivery', () => {
  it('sends Event Grid schema as an array of one, with its headers', async () => {
    const { grid, hook } = await start();
    await grid.subscribe(GRID_TOPIC.id, 'first', webhook(hook));

    await grid.publish(GRID_TOPIC, [gridEvent('1')]);

    await until('the event', () => hook.received.length === 1);
    expect(hook.received[0]).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'aeg-event-type': 'Notification',
        'aeg-subscription-name': 'FIRST',
        'aeg-delivery-count': '0',
        'aeg-data-version': '2',
        'aeg-metadata-version': '1',
      },
      body: [{ ...gridEvent('1'), topic: GRID_TOPIC.id, metadataVersion: '1' }],
    });
  });

  it('sends a CloudEvent as a single object, without a data version', async () => {
    const { grid, hook } = await start();
    await grid.subscribe(CLOUD_TOPIC.id, 'first', webhook(hook, CLOUD));

    await grid.publish(CLOUD_TOPIC, [cloudEvent('1', { traceparent: '00-1' })]);

    await until('the event', () => hook.received.length === 1);
    expect(hook.received[0]?.headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'aeg-delivery-count': '0',
      'aeg-metadata-version': '1.0',
    });
    expect(hook.received[0]?.headers).not.toHaveProperty('aeg-data-version');
    expect(hook.received[0]?.body).toEqual(cloudEvent('1', { traceparent: '00-1' }));
  });

  it('delivers an Azure ML event in the schema each subscription chose', async () => {
    const { grid, hook } = await start();
    const second = await startSubscriber();
    open.push(second);
    await grid.subscribe(ML_TOPIC.source, 'classic', webhook(hook));
    await grid.call('PUT', `${ML_TOPIC.id}/eventSubscriptions/cloud?api-version=2022-06-15`, {
      properties: webhook(second, CLOUD),
    });

    const at = epochMs(1_767_225_600_000);
    await grid.grid.publish(WORKSPACE, modelRegistered({ topic: WORKSPACE, id: 'e', at, name: 'heart', version: '2' }));

    await until('both', () => hook.received.length + second.received.length === 2);
    expect(hook.received[0]?.body).toEqual([
      {
        id: 'e',
        topic: WORKSPACE,
        subject: 'models/heart:2',
        eventType: 'Microsoft.MachineLearningServices.ModelRegistered',
        eventTime: '2026-01-01T00:00:00.000Z',
        dataVersion: '1.0',
        metadataVersion: '1',
        data: { ModelName: 'heart', ModelVersion: '2', ModelTags: {}, ModelProperties: {} },
      },
    ]);
    expect(second.received[0]?.body).toEqual({
      specversion: '1.0',
      id: 'e',
      source: WORKSPACE,
      type: 'Microsoft.MachineLearningServices.ModelRegistered',
      subject: 'models/heart:2',
      time: '2026-01-01T00:00:00.000Z',
      datacontenttype: 'application/json',
      data: { ModelName: 'heart', ModelVersion: '2', ModelTags: {}, ModelProperties: {} },
    });
  });

  it('filters an Azure ML event although the documented filter has another case', async () => {
    const { grid, hook } = await start();
    const filter = { advancedFilters: [{ operatorType: 'StringIn', key: 'data.RunTags.breached', values: ['yes'] }] };
    await grid.subscribe(ML_TOPIC.source, 'breached', webhook(hook, { filter }));

    const run = { topic: WORKSPACE, experimentId: 'x', experimentName: 'x', runId: 'r', status: 'completed' };
    await grid.grid.publish(ML_TOPIC.id, runStatusChanged({ ...run, id: 'no' }));
    await grid.grid.publish(ML_TOPIC.id, runStatusChanged({ ...run, id: 'yes', tags: { breached: 'yes' } }));

    await until('the event', () => hook.received.length === 1);
    expect(hook.received[0]?.body[0].id).toBe('yes');
  });

  it('converts a CloudEvent for a subscription in Event Grid schema', async () => {
    const { grid, hook } = await start();
    await grid.subscribe(CLOUD_TOPIC.id, 'classic', webhook(hook));

    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);

    await until('the event', () => hook.received.length === 1);
    expect(hook.received[0]?.body).toEqual([
      {
        id: '1',
        topic: '/slipway',
        subject: 'models/heart/versions/2',
        eventType: 'slipway.model.registered',
        eventTime: '2026-01-01T00:00:00.000Z',
        data: { name: 'heart' },
        dataVersion: '',
        metadataVersion: '1',
      },
    ]);
  });

  it('calls the Functions host with the function name and the system key', async () => {
    const host = await startSubscriber();
    open.push(host);
    const { grid } = await start({}, { functionsHost: { url: new URL(host.url).origin, systemKey: 'k&y' } });
    const destination = {
      endpointType: 'AzureFunction',
      properties: { resourceId: '/subscriptions/0/sites/app/functions/model-registered' },
    };

    await grid.subscribe(CLOUD_TOPIC.id, 'function', { destination, ...CLOUD });
    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);

    await until('the event', () => host.received.length === 1);
    expect(host.received[0]?.url).toBe('/runtime/webhooks/EventGrid?functionName=model-registered&code=k%26y');
  });

  it('delivers only the events a filter wants, whatever else is in the request', async () => {
    const { grid, hook } = await start();
    await grid.subscribe(CLOUD_TOPIC.id, 'some', webhook(hook, { ...CLOUD, filter: { includedEventTypes: ['a.b'] } }));

    await grid.publish(CLOUD_TOPIC, [cloudEvent('1'), cloudEvent('2', { type: 'a.b' })]);

    await until('the event', () => hook.received.length === 1);
    expect((await grid.deliveries()).map(({ eventId }) => eventId)).toEqual(['2']);
  });

  it.each([
    ['EventGridSchema', GRID_TOPIC, gridEvent, 'application/json; charset=utf-8'],
    ['CloudEventSchemaV1_0', CLOUD_TOPIC, cloudEvent, 'application/cloudevents-batch+json; charset=utf-8'],
  ])('sends batches of at most maxEventsPerBatch in %s', async (schema, topic, event, contentType) => {
    const { grid, hook } = await start({}, { concurrency: 1 });
    const destination = { endpointType: 'WebHook', properties: { endpointUrl: hook.url, maxEventsPerBatch: 4 } };
    await grid.subscribe(topic.id, 'batched', { destination, eventDeliverySchema: schema });

    await grid.publish(
      topic,
      Array.from({ length: 10 }, (_, n) => event(String(n))),
    );

    await until('all', () => hook.received.flatMap(({ body }) => body).length === 10);
    expect(Math.max(...hook.received.map(({ body }) => body.length))).toBe(4);
    expect(hook.received[0]?.headers['content-type']).toBe(contentType);
  });

  it('begins a new batch at the preferred size', async () => {
    const { grid, hook } = await start({}, { concurrency: 1 });
    const properties = { endpointUrl: hook.url, maxEventsPerBatch: 10, preferredBatchSizeInKilobytes: 1 };
    await grid.subscribe(CLOUD_TOPIC.id, 'batched', { destination: { endpointType: 'WebHook', properties }, ...CLOUD });

    const large = (id: string): object => cloudEvent(id, { data: { text: 'x'.repeat(600) } });
    await grid.publish(CLOUD_TOPIC, [large('1'), large('2'), large('3')]);

    await until('all', () => hook.received.length === 3);
    expect(hook.received.map(({ body }) => body.length)).toEqual([1, 1, 1]);
  });

  it('adds the delivery attributes of the subscription', async () => {
    const { grid, hook } = await start();
    const deliveryAttributeMappings = [
      { name: 'X-Secret', type: 'Static', properties: { value: 's', isSecret: true } },
      { name: 'X-Model', type: 'Dynamic', properties: { sourceField: 'data.name' } },
      { name: 'X-None', type: 'Dynamic', properties: { sourceField: 'data.nothing' } },
    ];
    const properties = { endpointUrl: hook.url, deliveryAttributeMappings };
    await grid.subscribe(CLOUD_TOPIC.id, 'headers', { destination: { endpointType: 'WebHook', properties }, ...CLOUD });

    await grid.publish(CLOUD_TOPIC, [cloudEvent('1')]);

    await until('the event', () => hook.received.length === 1);
    expect(hook.received[0]?.headers).toMatchObject({ 'x-secret': 's', 'x-model': 'heart' });
    expect(hook.received[0]?.headers).not.toHaveProperty('x-none');
  });

  it('keeps at most 16 requests in flight per subscription', async () => {
    const { grid, hook } = await start({ onEvent: (_request, index) => (index < 16 ? undefined : { status: 200 }) });
    await grid.subscribe(CLOUD_TOPIC.id, 'slow', webhook(hook, CLOUD));

    await grid.publish(
      CLOUD_TOPIC,
      Array.from({ length: 40 }, (_, n) => cloudEvent(String(n))),
    );

    await until('sixteen', () => hook.received.length === 16);
    expect((await grid.call('GET', '/_emulator/event-grid/status')).body).toMatchObject({ pending: 40, delivered: 0 });
    expect(hook.received).toHaveLength(16);
  });
});
