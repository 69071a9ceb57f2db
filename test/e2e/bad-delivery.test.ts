import { QueueServiceClient } from '@azure/storage-queue';
import { beforeAll, describe, expect, it } from 'vitest';
import { poisonQueue, QUEUES, type QueueName } from '../../shared/platform/resources.ts';
import { ENVELOPES, postToFunction } from '../support/event-posts.ts';
import { withStack } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const HOST = 'local/host/main.ts';
const PREFIX = 'Microsoft.MachineLearningServices';

interface Parked {
  readonly id: string;
  readonly target: { readonly kind: string; readonly name?: string; readonly queue?: string };
  readonly payload: unknown;
  readonly code: string;
  readonly message: string;
  readonly parkedAt: string;
  readonly replayedAt?: string;
}

const site = withStack();
let hostPid: number | undefined;
let queues: QueueServiceClient;

beforeAll(() => {
  hostPid = site.story.stack.pidOf(HOST);
  queues = QueueServiceClient.fromConnectionString(site.story.stack.storage);
});

const parked = async (): Promise<readonly Parked[]> =>
  (await site.story.stack.call('GET', '/api/v1/events/parked?limit=1000')).json.items;

const parkedWith = (payload: unknown, target: string) =>
  until(`the parked delivery for ${target}`, async () =>
    (await parked()).find(
      (one) =>
        (one.target.name ?? one.target.queue) === target && JSON.stringify(one.payload) === JSON.stringify(payload),
    ),
  );

const replay = (id: string) => site.story.stack.call('POST', `/api/v1/events/parked/${id}/replay`);

/** The type that each function takes of Azure ML, or of ours. */
const TYPES = {
  'model-registered': `${PREFIX}.ModelRegistered`,
  'deployment-changed': `${PREFIX}.ModelDeployed`,
  'drift-detected': `${PREFIX}.DatasetDriftDetected`,
  'run-completed': `${PREFIX}.RunCompleted`,
  'image-pushed': 'Microsoft.ContainerRegistry.ImagePushed',
  notify: 'slipway.model.registered',
} as const;
const FUNCTIONS = Object.keys(TYPES) as (keyof typeof TYPES)[];

describe.each(FUNCTIONS)('the Event Grid function %s', (name) => {
  it.each([
    ['an object without an envelope', { hello: 'world' }],
    ['an envelope without an id', { specversion: '1.0', source: 's', type: 't' }],
    ['an envelope whose id is a number', { specversion: '1.0', id: 7, source: 's', type: 't' }],
    ['a list in a list', [{ nested: true }]],
  ])('parks %s, which nobody can replay', async (_, payload) => {
    const reply = await postToFunction(site.story.stack, name, [payload]);

    expect(reply.status).toBe(202);
    const { id, code, message } = await parkedWith(payload, name);
    expect(code).toBe('INVALID_PARAMETER_VALUE');
    expect(message).toContain('look at');
    const replayed = await replay(id);
    expect(replayed.status).toBe(409);
    expect(replayed.json).toMatchObject({ code: 'INVALID_STATE' });
  });

  it('parks an event of a type that it does not take, saying so', async () => {
    const event = ENVELOPES['CloudEvents 1.0']({ id: `odd-${name}`, type: 'com.example.other', data: {} });

    expect((await postToFunction(site.story.stack, name, event)).status).toBe(202);

    const { message } = await parkedWith(event, name);
    expect(message).toBe(`'${name}' takes no event of type 'com.example.other'`);
  });

  it.each(['not json', '"text"', '42', 'null', '[1]'])('refuses the body %s', async (body) => {
    expect((await postToFunction(site.story.stack, name, body)).status).toBe(400);
  });
});

describe.each(FUNCTIONS.filter((name) => name !== 'notify'))('an event for %s without its data', (name) => {
  it('is parked with its reason, and parked anew when it is replayed', async () => {
    const event = ENVELOPES['Event Grid schema']({ id: `empty-${name}`, type: TYPES[name], data: { odd: 1 } });

    expect((await postToFunction(site.story.stack, name, event)).status).toBe(202);
    const first = await parkedWith(event, name);
    expect(first.code).toBe('INVALID_PARAMETER_VALUE');

    const replayed = await replay(first.id);

    expect(replayed.status).toBe(202);
    expect(replayed.json.replayedAt).toBeDefined();
    await until('the replayed event to be parked again', async () =>
      (await parked()).some(
        (one) =>
          one.target.name === name &&
          (one.payload as { id?: string } | null)?.id === `empty-${name}` &&
          one.parkedAt > first.parkedAt,
      ),
    );
  });
});

describe.each([...QUEUES])('the queue %s', (queue: QueueName) => {
  const send = async (text: string) => (await queues.getQueueClient(queue).sendMessage(text)).messageId;
  const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64');

  it.each([
    ['an object of another shape', '{"model":7,"day":[],"endpoint":null}', { model: 7, day: [], endpoint: null }],
    ['a text', 'hello', 'hello'],
    ['nothing', 'null', null],
  ])('parks %s with its reason', async (_, text, payload) => {
    await send(base64(text));

    const { code, message } = await parkedWith(payload, queue);
    expect(code).toBe('INVALID_PARAMETER_VALUE');
    expect(message).toMatch(new RegExp(`^the message of '${queue}' is wrong at .+`));
  });

  it('sends a parked message again, and parks it again', async () => {
    const { id, parkedAt } = await parkedWith('hello', queue);

    expect((await replay(id)).status).toBe(202);

    await until('the message to be parked again', async () => {
      const again = (await parked()).find((one) => one.id === id);
      return again !== undefined && again.parkedAt > parkedAt;
    });
  });

  it('parks bytes that are no text', async () => {
    await send(base64(Buffer.from([0xff, 0xfe, 0x00, 0x80])));

    await until('the bytes to be parked', async () => {
      const mine = (await parked()).filter((one) => one.target.queue === queue);
      return mine.some(({ payload }) => typeof payload === 'object' && payload !== null && !('model' in payload));
    });
  });

  it('moves what is not encoded as agreed to its poison queue', async () => {
    const text = `not base64: ${queue}`;
    await send(text);

    await until('the message in the poison queue', async () => {
      const { peekedMessageItems } = await queues.getQueueClient(poisonQueue(queue)).peekMessages();
      return peekedMessageItems.some(({ messageText }) => messageText === text);
    });
  });
});

describe('a webhook', () => {
  it.each([
    'http://example.com/hook',
    'http://127.0.0.1:9/hook',
    'https://127.0.0.1/hook',
    'https://10.1.2.3/hook',
    'https://192.168.0.1/hook',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/hook',
    'https://[::ffff:10.0.0.1]/hook',
    'https://2130706433/hook',
    'https://0x7f.1/hook',
    'https://ada:secret@example.com/hook',
    'file:///etc/passwd',
    'ftp://example.com/hook',
    'not a url',
    '',
  ])('is refused at %s', async (url) => {
    const reply = await site.story.stack.call('PUT', '/api/v1/channels/bad', { body: { kind: 'webhook', url } });

    expect(reply.status).toBe(400);
    expect(reply.json).toMatchObject({ code: 'INVALID_PARAMETER_VALUE', detail: expect.stringContaining('URL') });
  });

  it('whose name turns out to be private is not called, and that is announced', async () => {
    const { client, stack } = site.story;
    await client.request('PUT', '/api/v1/channels/inside', { kind: 'webhook', url: 'https://localhost:8443/hook' });
    await client.request('PUT', '/api/v1/alert-rules/all', {
      eventTypes: ['slipway.run.completed'],
      channels: ['inside'],
    });
    const data = { ExperimentId: 'e', ExperimentName: 'n', RunId: 'r1', RunType: 't' };
    await postToFunction(
      stack,
      'run-completed',
      ENVELOPES['CloudEvents 1.0']({ id: 'r1', type: TYPES['run-completed'], data }),
    );

    const [failed] = await until('the failed notification', async () => {
      const found = await client.journal('deliveries', 'slipway.notification.failed');
      return found.length > 0 && found;
    });

    expect(failed?.data).toMatchObject({ channel: 'inside', reason: expect.stringContaining('not public') });
  });
});

describe('after all of that', () => {
  it('the same host is well', async () => {
    expect(hostPid).toBeGreaterThan(0);
    expect(site.story.stack.pidOf(HOST)).toBe(hostPid);
    expect((await site.story.stack.call('GET', '/health')).status).toBe(200);
  });
});
