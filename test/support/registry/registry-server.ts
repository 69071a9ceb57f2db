import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { modelRoutes } from '../../../functions/http/api/models.ts';
import { mlflowRoutes } from '../../../functions/http/mlflow/routes.ts';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { createSignedUrls } from '../../../shared/artifacts/signed-urls.ts';
import { createWebhookStore } from '../../../shared/notify/webhooks/webhook-store.ts';
import type { Documents } from '../../../shared/platform/documents.ts';
import { answer } from '../../../shared/platform/http/answer.ts';
import type { HttpAnswer, Method } from '../../../shared/platform/http/route.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { createSecretBox } from '../../../shared/platform/secrets.ts';
import { type Clock, epochMs } from '../../../shared/platform/time.ts';
import { createRegistryStore } from '../../../shared/registry/store.ts';
import { createLoggedModelStore } from '../../../shared/tracking/logged-models/store.ts';
import { createTrackingStore } from '../../../shared/tracking/store.ts';
import { createMemoryDocuments } from '../memory-documents.ts';
import { createMemoryBlobs } from './memory-blobs.ts';

/** A clock that moves on by a millisecond each time it is read. */
const tickingClock = (startAt = 1_767_225_600_000): Clock => {
  let now = startAt;
  return () => {
    now += 1;
    return epochMs(now);
  };
};

export const SIGNING = { secretsKey: Buffer.alloc(32, 9).toString('base64'), publicUrl: 'http://slipway.test' };

export const createRegistryServices = (
  documents: Documents = createMemoryDocuments(),
  more: Partial<MlflowServices> = {},
  tracking: Documents = createMemoryDocuments(),
): MlflowServices => ({
  registry: createRegistryStore(documents),
  trackingStore: createTrackingStore(tracking),
  loggedModels: createLoggedModelStore(tracking),
  blobs: createMemoryBlobs(),
  clock: tickingClock(),
  log: silentLogger,
  access: { mode: 'open' },
  webhooks: createWebhookStore(createMemoryDocuments()),
  secrets: createSecretBox(Buffer.alloc(32, 7).toString('base64')),
  signedUrls: createSignedUrls({ ...SIGNING, clock: () => epochMs(1_767_225_600_000) }),
  privateEgress: 'refuse',
  egress: { post: async () => ({ status: 200, body: '', retryAfter: undefined }) },
  ...more,
});

export interface Asked {
  readonly method: Method;
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly body?: string | Buffer;
  readonly contentType?: string;
  /** By names in lower case. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
  readonly headers: HttpAnswer['headers'];
  readonly bytes: Buffer;
}

const ROUTES = [...mlflowRoutes, ...modelRoutes];

/** Parameters of a path, when it is the route's. */
const matchPath = (template: string, path: string): Record<string, string> | undefined => {
  const pattern = template.replace(/\{\*(\w+)\}/, '(?<$1>.+)').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  const match = new RegExp(`^${pattern}$`).exec(path);
  if (match === null) return undefined;
  return Object.fromEntries(Object.entries(match.groups ?? {}).map(([key, value]) => [key, decodeURIComponent(value)]));
};

/** Sends one request through the route that takes it, as the host would. */
export const send = async (services: MlflowServices, asked: Asked): Promise<Answered> => {
  for (const route of ROUTES) {
    const params = route.method === asked.method ? matchPath(route.path, asked.path) : undefined;
    if (params === undefined) continue;
    const body = asked.body ?? '';
    const request = {
      params,
      query: asked.query ?? new URLSearchParams(),
      contentType: asked.contentType,
      text: async () => String(body),
      header: (name: string) => asked.headers?.[name],
      stream: route.body === 'stream' ? Readable.from(body.length === 0 ? [] : [Buffer.from(body)]) : undefined,
    };
    const { status = 200, json, text, stream, headers } = await answer(route, request, services);
    const bytes = stream === undefined ? Buffer.from(text ?? '') : await buffer(stream);
    return { status, json, headers, bytes };
  }
  throw new Error(`no route takes ${asked.method} ${asked.path}`);
};

type Fields = Readonly<Record<string, unknown>>;

/** One call of the MLflow API as its client sends it: a GET in the query, everything else as JSON. */
export const callMlflow = (services: MlflowServices, method: Method, path: string, fields: Fields = {}) => {
  const full = `api/2.0/mlflow/${path}`;
  if (method !== 'GET') {
    return send(services, { method, path: full, body: JSON.stringify(fields), contentType: 'application/json' });
  }
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(fields)) {
    for (const one of Array.isArray(value) ? value : [value]) query.append(key, String(one));
  }
  return send(services, { method, path: full, query });
};

/** The same for callers who only want the JSON of calls that succeed. */
export const mlflowClient = (services: MlflowServices) => {
  const call = (method: Method) => async (path: string, fields?: Fields) => {
    const { status, json } = await callMlflow(services, method, path, fields);
    if (status !== 200) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(json)}`);
    return json;
  };
  return { get: call('GET'), post: call('POST'), patch: call('PATCH'), delete: call('DELETE') };
};

export type MlflowClient = ReturnType<typeof mlflowClient>;
