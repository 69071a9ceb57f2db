import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import Fastify from 'fastify';
import { createEventGrid, type EventGrid } from '../../local/event-grid/create-event-grid.ts';
import type { CustomTopic, EventGridEmulatorOptions, SystemTopic } from '../../local/event-grid/options.ts';
import type { Delivery } from '../../local/event-grid/types.ts';

const GROUP = '/subscriptions/0000/resourceGroups/test/providers';

export const TOPIC_KEY = 'dG9waWMta2V5LW9mLXRoZS10ZXN0cw==';

export const CLOUD_TOPIC: CustomTopic = {
  name: 'slipway',
  id: `${GROUP}/Microsoft.EventGrid/topics/slipway`,
  inputSchema: 'CloudEventSchemaV1_0',
  keys: [TOPIC_KEY],
};

export const GRID_TOPIC: CustomTopic = {
  name: 'classic',
  id: `${GROUP}/Microsoft.EventGrid/topics/classic`,
  inputSchema: 'EventGridSchema',
  keys: [TOPIC_KEY],
};

export const WORKSPACE = `${GROUP}/Microsoft.MachineLearningServices/workspaces/ws`;

export const ML_TOPIC: SystemTopic = {
  name: 'ml',
  id: `${GROUP}/Microsoft.EventGrid/systemTopics/ml`,
  source: WORKSPACE,
};

export interface RunningGrid {
  readonly url: string;
  readonly grid: EventGrid;
  /** Sends JSON and returns status and parsed body. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  subscribe(topicId: string, name: string, properties: object): Promise<Answer>;
  publish(topic: CustomTopic, events: unknown, headers?: Record<string, string>): Promise<Answer>;
  deliveries(query?: string): Promise<readonly Delivery[]>;
  close(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare whatever came with a literal
  readonly body: any;
}

/** The emulator on a free port, with one topic per schema and the Azure ML system topic. */
export const startGrid = async (options: Partial<EventGridEmulatorOptions> = {}): Promise<RunningGrid> => {
  const grid = await createEventGrid({ topics: [CLOUD_TOPIC, GRID_TOPIC], systemTopics: [ML_TOPIC], ...options });
  const server = Fastify();
  await server.register(grid.plugin);
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const call: RunningGrid['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text };
  };
  return {
    url,
    grid,
    call,
    subscribe: (topicId, name, properties) =>
      call('PUT', `${subscriptionId(topicId, name)}?api-version=2022-06-15`, { properties }),
    publish: (topic, events, headers = {}) =>
      call('POST', `/topics/${topic.name}/api/events?api-version=2018-01-01`, events, {
        'aeg-sas-key': TOPIC_KEY,
        ...headers,
      }),
    deliveries: async (query = '') => (await call('GET', `/_emulator/event-grid/deliveries?${query}`)).body.value,
    close: async () => {
      await grid.close();
      await server.close();
    },
  };
};

export const subscriptionId = (topicId: string, name: string): string =>
  `${topicId}/providers/Microsoft.EventGrid/eventSubscriptions/${name}`;

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: tests compare whatever came with a literal
  readonly body: any;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface Subscriber {
  readonly url: string;
  /** Notifications, in the order they came. */
  readonly received: readonly Received[];
  readonly handshakes: readonly Received[];
  close(): Promise<void>;
}

/** Agrees to a handshake of either schema. */
export const consent = ({ method, body }: Received): Reply =>
  method === 'OPTIONS'
    ? { status: 200, headers: { 'webhook-allowed-origin': 'eventgrid.azure.net' } }
    : { status: 200, body: { validationResponse: body[0].data.validationCode } };

export interface SubscriberBehaviour {
  readonly onHandshake?: (request: Received) => Reply;
  /** `undefined` never answers. */
  readonly onEvent?: (request: Received, index: number) => Reply | undefined;
}

/** A webhook on a free port that notes what it gets. */
export const startSubscriber = async ({
  onHandshake = consent,
  onEvent = () => ({ status: 200 }),
}: SubscriberBehaviour = {}): Promise<Subscriber> => {
  const received: Received[] = [];
  const handshakes: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const { method = '', url = '', headers } = request;
      const one: Received = { method, url, headers, body: text === '' ? undefined : JSON.parse(text) };
      const isEvent = headers['aeg-event-type'] === 'Notification';
      (isEvent ? received : handshakes).push(one);
      const reply = isEvent ? onEvent(one, received.length - 1) : onHandshake(one);
      if (reply === undefined) return;
      response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers });
      response.end(reply.body === undefined ? '' : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    handshakes,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** Destination properties for a webhook. */
export const webhook = ({ url }: { readonly url: string }, rest: object = {}): object => ({
  destination: { endpointType: 'WebHook', properties: { endpointUrl: url } },
  ...rest,
});

export const cloudEvent = (id: string, rest: object = {}): object => ({
  specversion: '1.0',
  id,
  source: '/slipway',
  type: 'slipway.model.registered',
  subject: 'models/heart/versions/2',
  time: '2026-01-01T00:00:00.000Z',
  datacontenttype: 'application/json',
  data: { name: 'heart' },
  ...rest,
});

export const gridEvent = (id: string, rest: object = {}): object => ({
  id,
  subject: 'models/heart',
  eventType: 'Test.Happened',
  eventTime: '2026-01-01T00:00:00Z',
  dataVersion: '2',
  data: { name: 'heart' },
  ...rest,
});
