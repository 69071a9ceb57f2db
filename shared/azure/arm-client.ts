import type { TokenCredential } from '@azure/core-auth';
import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpClient,
  type HttpMethods,
  type Pipeline,
  type PipelineResponse,
} from '@azure/core-rest-pipeline';
import { fromArmResponse, fromTransportError } from './arm-errors.ts';

const ARM_SCOPE = 'https://management.azure.com/.default';
const RETRIES = { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 4_000 };
/** All attempts of one call together; shorter than the lease that guards a rollout's tick. */
const DEFAULT_TIMEOUT_MS = 30_000;

export interface ArmClientOptions {
  /** `https://management.azure.com`, or where the emulator listens; no trailing slash. */
  readonly armEndpoint: string;
  /** ARM id of the workspace, or of another resource that is called below. */
  readonly workspaceId: string;
  readonly apiVersion: string;
  /** A credential for https; a static token where the endpoint is http, over which no credential is sent. */
  readonly credential: TokenCredential | { readonly token: string };
  readonly timeoutMs?: number;
}

export interface ArmRequest {
  readonly method: HttpMethods;
  /** Below the workspace, as in `/onlineEndpoints/heart`. */
  readonly path: string;
  readonly body?: unknown;
  readonly apiVersion?: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** Calls of Azure Resource Manager below one workspace. */
export interface ArmClient {
  readonly options: ArmClientOptions;
  /**
   * The parsed body of a successful answer, or undefined for 404 and for an empty one.
   *
   * @throws SlipwayError for every other answer; TEMPORARILY_UNAVAILABLE when none came in time
   */
  find(request: ArmRequest): Promise<unknown>;
  /** As `find`, but a 404 is RESOURCE_DOES_NOT_EXIST. */
  send(request: ArmRequest): Promise<unknown>;
  /** The body behind an absolute URL that ARM gave out; undefined for 404 or when it leads elsewhere. */
  follow(url: string): Promise<unknown>;
}

/** A client of the workspace's resources. It retries 429 and 5xx twice, honouring `Retry-After`. */
export const createArmClient = (options: ArmClientOptions): ArmClient => {
  const http = createDefaultHttpClient();
  const pipeline = createPipeline(options);
  const call = (method: HttpMethods, url: string, body?: unknown): Promise<PipelineResponse> =>
    exchange({ http, pipeline, timeoutMs: options.timeoutMs ?? DEFAULT_TIMEOUT_MS }, method, url, body);
  const find = async (request: ArmRequest): Promise<unknown> => {
    const response = await call(request.method, requestUrl(options, request), request.body);
    return response.status === 404 ? undefined : bodyOf(response, request);
  };
  return {
    options,
    find,
    async send(request) {
      return bodyOf(await call(request.method, requestUrl(options, request), request.body), request);
    },
    async follow(url) {
      // The token goes only where it is meant for.
      if (new URL(url).origin !== new URL(options.armEndpoint).origin) return undefined;
      const response = await call('GET', url);
      return response.status === 404 ? undefined : bodyOf(response, { method: 'GET', path: new URL(url).pathname });
    },
  };
};

const createPipeline = ({ credential }: ArmClientOptions): Pipeline => {
  const pipeline = createPipelineFromOptions({
    retryOptions: RETRIES,
    userAgentOptions: { userAgentPrefix: 'slipway' },
  });
  if ('getToken' in credential) {
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: ARM_SCOPE }), { phase: 'Sign' });
  } else {
    const sendRequest: Parameters<Pipeline['addPolicy']>[0]['sendRequest'] = (request, next) => {
      request.headers.set('authorization', `Bearer ${credential.token}`);
      return next(request);
    };
    pipeline.addPolicy({ name: 'staticToken', sendRequest }, { phase: 'Sign' });
  }
  return pipeline;
};

interface Exchange {
  readonly http: HttpClient;
  readonly pipeline: Pipeline;
  readonly timeoutMs: number;
}

const exchange = async (
  { http, pipeline, timeoutMs }: Exchange,
  ...[method, url, body]: [method: HttpMethods, url: string, body: unknown]
): Promise<PipelineResponse> => {
  const request = createPipelineRequest({
    ...{ method, url },
    allowInsecureConnection: url.startsWith('http:'),
    abortSignal: AbortSignal.timeout(timeoutMs),
    headers: createHttpHeaders({ accept: 'application/json' }),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (body !== undefined) request.headers.set('content-type', 'application/json');
  try {
    return await pipeline.sendRequest(http, request);
  } catch (error) {
    throw fromTransportError(error, `${method} ${new URL(url).pathname}`);
  }
};

const requestUrl = ({ armEndpoint, workspaceId, apiVersion }: ArmClientOptions, request: ArmRequest): string => {
  const query = new URLSearchParams({ 'api-version': request.apiVersion ?? apiVersion, ...request.query });
  return `${armEndpoint}${workspaceId}${request.path}?${query}`;
};

const bodyOf = (response: PipelineResponse, { method, path }: Pick<ArmRequest, 'method' | 'path'>): unknown => {
  if (response.status < 200 || response.status > 299) throw fromArmResponse(response, `${method} ${path}`);
  return response.bodyAsText ? JSON.parse(response.bodyAsText) : undefined;
};
