import { createHmac, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Egress } from '../../../shared/platform/http/egress.ts';

export interface FakeVersion {
  source: string;
  /** What get-download-uri answers; the source when absent. */
  artifactUri?: string;
  stage?: string;
  tags?: Record<string, string>;
}

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
}

/** Another MLflow server, as far as mirroring asks it. Change what it holds to change what it answers. */
export interface FakeOrigin {
  /** By `<model>/<version>`. */
  readonly versions: Map<string, FakeVersion>;
  /** Number by `<model>@<alias>`. */
  readonly aliases: Map<string, string>;
  /** Where the artifacts of a run are, by its id. */
  readonly runs: Map<string, string>;
  /** Behind the artifact proxy, by path. */
  readonly files: Map<string, string | Buffer>;
  /** `Authorization` it wants; any when undefined. */
  authorization: string | undefined;
  /** Answered to everything while it is set. */
  broken: number | undefined;
  /** Paths that were asked for, with their query. */
  readonly asked: string[];
  answer(target: string, authorization: string | undefined): Answer;
}

const json = (status: number, value: unknown): Answer => ({ status, body: JSON.stringify(value) });
const absent = () => json(404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'not found' });

export const createFakeOrigin = (): FakeOrigin => {
  const origin: FakeOrigin = {
    versions: new Map(),
    aliases: new Map(),
    runs: new Map(),
    files: new Map(),
    authorization: undefined,
    broken: undefined,
    asked: [],
    answer(target, authorization) {
      const url = new URL(target, 'http://origin.test');
      origin.asked.push(`${url.pathname}${url.search}`);
      if (origin.broken !== undefined) return { status: origin.broken, body: '<html>broken</html>' };
      if (origin.authorization !== undefined && authorization !== origin.authorization) return json(401, {});
      return answerCall(origin, url.pathname.replace('/api/2.0/', ''), url.searchParams);
    },
  };
  return origin;
};

const answerCall = (origin: FakeOrigin, path: string, query: URLSearchParams): Answer => {
  const of = (name: string): string => query.get(name) ?? '';
  const found = origin.versions.get(`${of('name')}/${of('version')}`);
  switch (path) {
    case 'mlflow/model-versions/get':
      return found === undefined ? absent() : json(200, { model_version: viewOf(of('version'), found) });
    case 'mlflow/model-versions/get-download-uri':
      return found === undefined ? absent() : json(200, { artifact_uri: found.artifactUri ?? found.source });
    case 'mlflow/runs/get': {
      const artifactUri = origin.runs.get(of('run_id'));
      return artifactUri === undefined ? absent() : json(200, { run: { info: { artifact_uri: artifactUri } } });
    }
    case 'mlflow/registered-models/alias': {
      const version = origin.aliases.get(`${of('name')}@${of('alias')}`);
      if (version !== undefined) return json(200, { model_version: { version } });
      return json(400, { error_code: 'INVALID_PARAMETER_VALUE', message: 'Registered model alias not found.' });
    }
    case 'mlflow-artifacts/artifacts':
      return json(200, { files: listFiles(origin, `${of('path')}/`) });
    default:
      return fileOf(origin, path);
  }
};

const viewOf = (version: string, { source, stage = 'None', tags = {} }: FakeVersion) => ({
  version,
  source,
  current_stage: stage,
  tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
});

const listFiles = ({ files }: FakeOrigin, prefix: string) => {
  const entries = new Map<string, object>();
  for (const [path, content] of files) {
    if (!path.startsWith(prefix)) continue;
    const [name = '', ...deeper] = path.slice(prefix.length).split('/');
    const size = Buffer.byteLength(content);
    entries.set(
      name,
      deeper.length > 0 ? { path: name, is_dir: true } : { path: name, is_dir: false, file_size: size },
    );
  }
  return [...entries.values()];
};

const fileOf = ({ files }: FakeOrigin, path: string): Answer => {
  const content = files.get(decodeURIComponent(path.replace('mlflow-artifacts/artifacts/', '')));
  return content === undefined ? json(404, { error_code: 'ENDPOINT_NOT_FOUND' }) : { status: 200, body: content };
};

/** An egress that ends at this origin server, whatever the host. */
export const egressTo = (origin: FakeOrigin): Egress => ({
  post: () => Promise.reject(new Error('nothing is posted to origin servers')),
  async get(url, { headers }) {
    const { pathname, search } = new URL(url);
    const { status, body } = origin.answer(`${pathname}${search}`, headers['authorization']);
    return { status, headers: {}, body: Readable.from([Buffer.from(body)]) };
  },
});

/** The same on a port of loopback. */
export const serveOrigin = async (origin: FakeOrigin): Promise<{ readonly url: string; close(): void }> => {
  const server = createServer((request, response) => {
    const { status, body } = origin.answer(request.url ?? '/', request.headers.authorization);
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => void server.close() };
};

/** Body and headers of a webhook, as MLflow sends it. */
export const mlflowDelivery = (
  secret: string,
  event: { readonly entity: string; readonly action: string; readonly data: unknown },
  { at = Date.now(), id = randomUUID() as string } = {},
) => {
  const body = JSON.stringify({ ...event, timestamp: new Date(at).toISOString() });
  const timestamp = String(Math.floor(at / 1000));
  const signature = createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-mlflow-delivery-id': id,
    'x-mlflow-timestamp': timestamp,
    'x-mlflow-signature': `v1,${signature}`,
  };
  return { body, headers };
};

/** The same, as Databricks sends it. */
export const databricksDelivery = (secret: string, payload: Readonly<Record<string, unknown>>) => {
  const body = JSON.stringify({ webhook_id: 'c559', event_timestamp: 1_589_859_029_343, text: 'told', ...payload });
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'x-databricks-signature': createHmac('sha256', secret).update(body).digest('hex'),
  };
  return { body, headers };
};
