import { until } from '../until.ts';
import { ARM_TOKEN, WORKSPACE_ID, type WorkspaceFixture } from './workspace-fixture.ts';

// biome-ignore lint/suspicious/noExplicitAny: bodies of answers are looked into by assertions only
type Json = any;

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

const request = async (
  url: string,
  method: string,
  init: { headers?: Record<string, string>; body?: unknown } = {},
) => {
  const body =
    init.body === undefined ? undefined : typeof init.body === 'string' ? init.body : JSON.stringify(init.body);
  const headers = { ...(body !== undefined && { 'content-type': 'application/json' }), ...init.headers };
  const response = await fetch(url, { method, headers, ...(body !== undefined && { body }) });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : (JSON.parse(text) as Json),
  };
};

/** Plain calls of a workspace's routes, as any client could make them. */
export class ArmCalls {
  readonly fixture: WorkspaceFixture;

  constructor(fixture: WorkspaceFixture) {
    this.fixture = fixture;
  }

  arm(method: string, path: string, body?: unknown): Promise<Answer> {
    const url = path.startsWith('http')
      ? path
      : `${this.fixture.url}${WORKSPACE_ID}${path}${path.includes('?') ? '&' : '?'}api-version=2024-04-01`;
    return request(url, method, { headers: { authorization: `Bearer ${ARM_TOKEN}` }, body });
  }

  faults(settings: Record<string, unknown> | undefined): Promise<Answer> {
    const method = settings ? 'PUT' : 'DELETE';
    return request(`${this.fixture.url}/_emulator/machine-learning/faults`, method, { body: settings });
  }

  /** The resource once its provisioning has ended, whichever way. */
  settled(path: string): Promise<Json> {
    return until(`${path} to settle`, async () => {
      const { body } = await this.arm('GET', path);
      return ['Succeeded', 'Failed'].includes(body.properties?.provisioningState) ? body : undefined;
    });
  }

  async createEndpoint(name: string): Promise<Json> {
    await this.arm('PUT', `/onlineEndpoints/${name}`, endpointBody());
    return this.settled(`/onlineEndpoints/${name}`);
  }

  /** Deploys an image and returns the deployment when it has settled. */
  async deploy(endpoint: string, name: string, options: DeployOptions): Promise<Json> {
    const path = `/onlineEndpoints/${endpoint}/deployments/${name}`;
    const environment = `/environments/env-${name}/versions/${options.image.slice(-12)}`;
    await this.arm('PUT', environment, environmentBody(options.image));
    const answer = await this.arm('PUT', path, deploymentBody(`${WORKSPACE_ID}${environment}`, options));
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    return this.settled(path);
  }

  async putTraffic(
    endpoint: string,
    traffic: Record<string, number>,
    mirrorTraffic: Record<string, number> = {},
  ): Promise<Answer> {
    const path = `/onlineEndpoints/${endpoint}`;
    const { body } = await this.arm('GET', path);
    return this.arm('PUT', path, { ...body, properties: { ...body.properties, traffic, mirrorTraffic } });
  }

  async setTraffic(
    endpoint: string,
    traffic: Record<string, number>,
    mirrorTraffic: Record<string, number> = {},
  ): Promise<void> {
    const answer = await this.putTraffic(endpoint, traffic, mirrorTraffic);
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body));
    await this.settled(`/onlineEndpoints/${endpoint}`);
  }

  async key(endpoint: string): Promise<string> {
    return (await this.arm('POST', `/onlineEndpoints/${endpoint}/listKeys`)).body.primaryKey;
  }

  /** One scoring request with the primary key. */
  async score(endpoint: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    const authorization = `Bearer ${await this.key(endpoint)}`;
    return request(`${this.fixture.url}/endpoints/${endpoint}/score`, 'POST', {
      body,
      headers: { authorization, ...headers },
    });
  }
}

export interface DeployOptions {
  readonly image: string;
  readonly environmentVariables?: Record<string, string>;
  readonly properties?: Record<string, unknown>;
  readonly tags?: Record<string, string>;
}

export const endpointBody = (properties: Record<string, unknown> = {}): Record<string, unknown> => ({
  location: 'westeurope',
  tags: { team: 'hearts' },
  identity: { type: 'SystemAssigned' },
  properties: { authMode: 'Key', ...properties },
});

const PING = { path: '/ping', port: 5001 };

export const environmentBody = (image: string): Record<string, unknown> => ({
  properties: {
    image,
    osType: 'Linux',
    inferenceConfig: { livenessRoute: PING, readinessRoute: PING, scoringRoute: { path: '/score', port: 5001 } },
  },
});

export const deploymentBody = (
  environmentId: string,
  options: Omit<DeployOptions, 'image'> = {},
): Record<string, unknown> => ({
  location: 'westeurope',
  tags: options.tags ?? {},
  sku: { name: 'Default', capacity: 1 },
  properties: {
    endpointComputeType: 'Managed',
    instanceType: 'Standard_DS3_v2',
    environmentId,
    environmentVariables: options.environmentVariables ?? {},
    requestSettings: { requestTimeout: 'PT5S', maxConcurrentRequestsPerInstance: 100 },
    ...options.properties,
  },
});
