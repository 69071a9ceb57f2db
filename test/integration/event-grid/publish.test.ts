import {
  AzureKeyCredential,
  AzureSASCredential,
  EventGridPublisherClient,
  generateSharedAccessSignature,
} from '@azure/eventgrid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CLOUD_TOPIC,
  cloudEvent,
  GRID_TOPIC,
  gridEvent,
  type RunningGrid,
  type Subscriber,
  startGrid,
  startSubscriber,
  TOPIC_KEY,
  webhook,
} from '../../support/event-grid.ts';
import { until } from '../../support/until.ts';

const INSECURE = { allowInsecureConnection: true };

describe('publishing to the Event Grid emulator', () => {
  let grid: RunningGrid;
  let cloud: Subscriber;
  let classic: Subscriber;

  beforeAll(async () => {
    grid = await startGrid({ armToken: 'arm-token' });
    cloud = await startSubscriber();
    classic = await startSubscriber();
    const headers = { authorization: 'Bearer arm-token' };
    const path = (id: string) => `${id}/providers/Microsoft.EventGrid/eventSubscriptions/all?api-version=2022-06-15`;
    await grid.call(
      'PUT',
      path(CLOUD_TOPIC.id),
      { properties: webhook(cloud, { eventDeliverySchema: 'CloudEventSchemaV1_0' }) },
      headers,
    );
    await grid.call('PUT', path(GRID_TOPIC.id), { properties: webhook(classic) }, headers);
  });
  beforeEach(() => {
    (cloud.received as unknown[]).length = 0;
    (classic.received as unknown[]).length = 0;
  });
  afterAll(async () => {
    await grid.close();
    await Promise.all([cloud.close(), classic.close()]);
  });

  const endpoint = (topic: { name: string }): string => `${grid.url}/topics/${topic.name}/api/events`;

  it('takes CloudEvents from the publisher SDK with a key', async () => {
    const client = new EventGridPublisherClient(
      endpoint(CLOUD_TOPIC),
      'CloudEvent',
      new AzureKeyCredential(TOPIC_KEY),
      INSECURE,
    );

    await client.send([
      {
        id: 'sdk-1',
        source: '/slipway',
        type: 'a.b',
        subject: 's',
        data: { n: 1 },
        extensionAttributes: { traceparent: '00-1' },
      },
      { id: 'sdk-2', source: '/slipway', type: 'a.b', data: { n: 2 } },
    ]);

    await until('both events', () => cloud.received.length === 2);
    expect(cloud.received.map(({ body }) => body.id).sort()).toEqual(['sdk-1', 'sdk-2']);
    expect(cloud.received.find(({ body }) => body.id === 'sdk-1')?.body).toMatchObject({
      specversion: '1.0',
      source: '/slipway',
      subject: 's',
      data: { n: 1 },
      traceparent: '00-1',
    });
  });

  it('takes Event Grid events from the publisher SDK with a SAS token', async () => {
    const sas = await generateSharedAccessSignature(
      endpoint(GRID_TOPIC),
      new AzureKeyCredential(TOPIC_KEY),
      new Date(Date.now() + 60_000),
    );
    const client = new EventGridPublisherClient(
      endpoint(GRID_TOPIC),
      'EventGrid',
      new AzureSASCredential(sas),
      INSECURE,
    );

    await client.send([{ id: 'g-1', eventType: 'A.B', subject: 's', dataVersion: '1', data: { n: 1 } }]);

    await until('the event', () => classic.received.length === 1);
    expect(classic.received[0]?.body).toMatchObject([{ id: 'g-1', topic: GRID_TOPIC.id, metadataVersion: '1' }]);
  });

  it('takes a bearer token', async () => {
    const answer = await grid.call('POST', '/topics/slipway/api/events?api-version=2018-01-01', [cloudEvent('b-1')], {
      authorization: 'Bearer arm-token',
    });

    expect(answer.status).toBe(200);
  });

  it.each([
    ['no credential', {}],
    ['a wrong key', { 'aeg-sas-key': 'wrong' }],
    ['a malformed SAS token', { 'aeg-sas-token': 'r=x' }],
    ['a SAS token with a wrong signature', { 'aeg-sas-token': 'r=x&e=1%2F1%2F2099%2012%3A00%3A00%20AM&s=eA%3D%3D' }],
    ['a wrong bearer token', { authorization: 'Bearer nobody' }],
  ])('refuses %s with 401', async (_name, headers: Record<string, string>) => {
    const answer = await grid.call('POST', '/topics/slipway/api/events?api-version=2018-01-01', [], headers);

    expect(answer.status).toBe(401);
    expect(answer.body.error.code).toBe('Unauthorized');
  });

  it('refuses a SAS token that has expired', async () => {
    const sas = await generateSharedAccessSignature(
      endpoint(GRID_TOPIC),
      new AzureKeyCredential(TOPIC_KEY),
      new Date(Date.now() - 60_000),
    );

    const answer = await grid.call('POST', '/topics/classic/api/events?api-version=2018-01-01', [], {
      'aeg-sas-token': sas,
    });

    expect(answer.status).toBe(401);
  });

  it.each([
    ['a body that is no JSON', CLOUD_TOPIC, '[', 400],
    ['a body that is no array', GRID_TOPIC, gridEvent('x'), 400],
    ['an Event Grid event on a CloudEvents topic', CLOUD_TOPIC, [gridEvent('x')], 400],
    ['a CloudEvent on an Event Grid topic', GRID_TOPIC, [cloudEvent('x')], 400],
    ['an empty id', GRID_TOPIC, [gridEvent('')], 400],
    ['a missing subject', GRID_TOPIC, [gridEvent('x', { subject: undefined })], 400],
    ["another topic's id", GRID_TOPIC, [gridEvent('x', { topic: '/elsewhere' })], 400],
    ['another metadata version', GRID_TOPIC, [gridEvent('x', { metadataVersion: '2' })], 400],
    ['another spec version', CLOUD_TOPIC, [cloudEvent('x', { specversion: '0.3' })], 400],
    ['both data and data_base64', CLOUD_TOPIC, [cloudEvent('x', { data_base64: 'eA==' })], 400],
    ['more than 1 MB', CLOUD_TOPIC, [cloudEvent('x', { data: 'x'.repeat(1_048_576) })], 413],
    ['more than 5,000 events', GRID_TOPIC, Array.from({ length: 5001 }, (_, n) => gridEvent(String(n))), 413],
  ])('refuses %s and accepts nothing of the request', async (_name, topic, body, status) => {
    const answer = await grid.publish(topic, body);

    expect(answer.status).toBe(status);
    expect(answer.body.error.code).toBe(status === 400 ? 'BadRequest' : 'PayloadTooLarge');
    expect(cloud.received).toEqual([]);
  });

  it('refuses a request without api-version', async () => {
    const answer = await grid.call('POST', '/topics/slipway/api/events', [], { 'aeg-sas-key': TOPIC_KEY });

    expect(answer.status).toBe(400);
  });

  it('knows no other topic', async () => {
    const answer = await grid.publish({ ...CLOUD_TOPIC, name: 'nobody' }, []);

    expect(answer.status).toBe(404);
  });

  it('takes one structured CloudEvent', async () => {
    await grid.publish(CLOUD_TOPIC, cloudEvent('single'), {
      'content-type': 'application/cloudevents+json; charset=utf-8',
    });

    await until('the event', () => cloud.received.some(({ body }) => body.id === 'single'));
  });

  it('takes a CloudEvent in binary mode', async () => {
    await grid.publish(
      CLOUD_TOPIC,
      { n: 1 },
      { 'ce-specversion': '1.0', 'ce-id': 'binary', 'ce-source': '/s', 'ce-type': 'a.b', 'ce-myext': 'x%20y' },
    );

    await until('the event', () => cloud.received.length === 1);
    expect(cloud.received[0]?.body).toEqual({
      specversion: '1.0',
      id: 'binary',
      source: '/s',
      type: 'a.b',
      myext: 'x y',
      datacontenttype: 'application/json',
      data: { n: 1 },
    });
  });

  it('serves plain /api/events when there is one topic', async () => {
    const single = await startGrid({ topics: [CLOUD_TOPIC] });

    const answer = await single.call('POST', '/api/events?api-version=2018-01-01', [cloudEvent('1')], {
      'aeg-sas-key': TOPIC_KEY,
    });

    expect(answer.status).toBe(200);
    await single.close();
  });
});
