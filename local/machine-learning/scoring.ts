import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { finished } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { DataCollector } from './data-collector.ts';
import { deliver } from './deliver.ts';
import type { Fleet } from './fleet.ts';
import type { MetricsStore } from './metrics-store.ts';
import type { EndpointRecord } from './records.ts';
import { endToEnd, headersForModel, modelError, platformAnswer, type ScoringAnswer } from './scoring-answer.ts';
import { type ScoringTarget, scoringTarget } from './scoring-target.ts';
import { chooseDeployment, chooseMirror } from './traffic-choice.ts';
import { endpointKey, type Workspace } from './workspace.ts';

/** Larger answers, and those of unknown length, are piped. */
const MAX_BUFFERED_BYTES = 1_048_576;

export interface ScoringRequest {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** What answers on the scoring URI: authorises, draws the deployment, copies to the mirror, counts. */
export class Scoring {
  readonly #workspace: Workspace;
  readonly #fleet: Fleet;
  readonly #metrics: MetricsStore;
  readonly #collector: DataCollector;

  constructor(workspace: Workspace, fleet: Fleet, metrics: MetricsStore, collector: DataCollector) {
    this.#workspace = workspace;
    this.#fleet = fleet;
    this.#metrics = metrics;
    this.#collector = collector;
  }

  async score(request: ScoringRequest): Promise<ScoringAnswer> {
    const requestId = randomUUID();
    const endpoint = this.#workspace.endpoints.get(endpointKey(request.endpoint));
    const answer =
      endpoint === undefined || endpoint.state === 'Creating'
        ? platformAnswer(404, 'EndpointNotFound', `The endpoint '${request.endpoint}' does not exist.`)
        : this.#isAuthorised(endpoint, request)
          ? await this.#route(endpoint, request, requestId)
          : platformAnswer(401, 'Unauthorized', 'The key or token is missing, wrong or expired.');
    const clientId = request.headers['x-ms-client-request-id'];
    return {
      ...answer,
      headers: {
        ...answer.headers,
        'x-request-id': requestId,
        ...(typeof clientId === 'string' && { 'x-ms-client-request-id': clientId.slice(0, 40) }),
      },
    };
  }

  #isAuthorised({ keys, body }: EndpointRecord, { headers }: ScoringRequest): boolean {
    const [scheme, token] = (headers['authorization'] as string | undefined)?.split(' ') ?? [];
    if (scheme?.toLowerCase() !== 'bearer' || !token) return false;
    if (body.properties.authMode !== 'Key') return token === this.#workspace.options.armToken;
    return token === keys.primaryKey || token === keys.secondaryKey;
  }

  async #route(endpoint: EndpointRecord, request: ScoringRequest, requestId: string): Promise<ScoringAnswer> {
    const { traffic, mirrorTraffic } = endpoint.body.properties;
    const forced = request.headers['azureml-model-deployment'];
    const name = typeof forced === 'string' ? forced : chooseDeployment(traffic, this.#workspace.random);
    if (name === undefined) {
      return this.#refuse(endpoint, '', 404, 'NoTraffic', `No deployment of '${endpoint.name}' takes traffic.`);
    }
    const target = scoringTarget(this.#workspace, this.#fleet, endpoint.name, name);
    if (target === undefined) {
      return this.#refuse(endpoint, '', 404, 'DeploymentNotFound', `The deployment '${name}' does not exist.`);
    }
    if (forced === undefined) this.#mirror(endpoint, request, chooseMirror(mirrorTraffic, this.#workspace.random));
    return this.#forward(target, request, requestId);
  }

  /** Sends a copy whose answer nobody waits for. */
  #mirror(endpoint: EndpointRecord, request: ScoringRequest, name: string | undefined): void {
    const target = name && scoringTarget(this.#workspace, this.#fleet, endpoint.name, name);
    if (!target) return;
    const copied = this.#forward(target, request, randomUUID());
    copied.then(
      ({ body }) => {
        if (typeof body === 'object' && 'resume' in body) body.on('error', () => undefined).resume();
      },
      () => undefined,
    );
  }

  async #forward(target: ScoringTarget, request: ScoringRequest, requestId: string): Promise<ScoringAnswer> {
    const { record, server, timeoutMs, admitted } = target;
    if (server.inFlight >= admitted) {
      const message = `More than ${admitted} requests are pending.`;
      return this.#refuse({ name: record.endpoint }, record.name, 429, 'TooManyRequests', message);
    }
    // Counted in the same turn as it was routed, so that a deployment cannot leave in between.
    server.enter();
    const startedAt = performance.now();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), timeoutMs);
    const answer = await this.#ask(target, request, requestId, abort.signal);
    const headers = { ...answer.headers, 'azureml-model-deployment': record.name };
    const done = (status: number): void => {
      clearTimeout(timer);
      server.leave();
      const latencyMs = performance.now() - startedAt;
      const { endpoint, name: deployment } = record;
      this.#metrics.record(endpoint, { deployment, status, modelStatus: answer.modelStatus, latencyMs });
    };
    const { body } = answer;
    if (typeof body === 'string' || Buffer.isBuffer(body)) {
      if (answer.status === 200)
        this.#collector.add({ record, requestId, input: request.body, output: Buffer.from(body) });
      done(answer.status);
    } else {
      // The head is out already; a body that breaks off is the caller's to notice and ours to count.
      finished(body, (error) => done(error ? (abort.signal.aborted ? 408 : 502) : answer.status));
    }
    return { ...answer, headers };
  }

  async #ask(
    target: ScoringTarget,
    request: ScoringRequest,
    requestId: string,
    signal: AbortSignal,
  ): Promise<ScoringAnswer> {
    const { server, timeoutMs } = target;
    const asked: Dispatcher.RequestOptions = {
      method: 'POST',
      path: server.spec.routes.scoring,
      headers: headersForModel(request.headers, requestId),
      body: request.body,
      signal,
    };
    try {
      const response = await deliver(server, asked, timeoutMs);
      if (!response) return platformAnswer(503, 'ServiceUnavailable', 'The model container is not ready.');
      return await answerOf(response);
    } catch {
      return signal.aborted
        ? platformAnswer(408, 'RequestTimeout', `The model did not answer within ${timeoutMs} ms.`)
        : modelError('The model container closed the connection.');
    }
  }

  #refuse(
    endpoint: Pick<EndpointRecord, 'name'>,
    deployment: string,
    status: number,
    ...[code, message]: [code: string, message: string]
  ): ScoringAnswer {
    this.#metrics.record(endpoint.name, { deployment, status, modelStatus: undefined, latencyMs: 0 });
    return platformAnswer(status, code, message);
  }
}

const answerOf = async ({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<ScoringAnswer> => {
  const isSmall = Number(headers['content-length'] ?? Number.NaN) <= MAX_BUFFERED_BYTES;
  const answer = {
    status: statusCode,
    headers: endToEnd(headers),
    body: isSmall ? Buffer.from(await body.arrayBuffer()) : body,
  };
  return statusCode === 200 ? answer : modelError(STATUS_CODES[statusCode] ?? 'Unknown', answer);
};
