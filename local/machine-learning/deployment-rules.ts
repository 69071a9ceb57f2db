import { isDeepStrictEqual } from 'node:util';
import { durationMs } from '../../shared/platform/time.ts';
import { userError } from './arm-error.ts';
import {
  type DeploymentBody,
  type DeploymentRecord,
  type EnvironmentBody,
  environmentBody,
  RESOURCE_NAME,
} from './records.ts';
import { assetKey, deploymentsOf, type Workspace } from './workspace.ts';

const MAX_DEPLOYMENTS = 20;
const MAX_REQUEST_TIMEOUT_MS = 180_000;
const MAX_COLLECTIONS = 5;

/** The environment version that the deployment names, checked to be one that can be served. */
export interface ServableEnvironment {
  readonly image: string;
  readonly routes: NonNullable<EnvironmentBody['properties']['inferenceConfig']>;
}

/** @throws ArmError 400 for what the service refuses at once, before anything is provisioned */
export const checkDeployment = (workspace: Workspace, endpoint: string, name: string, body: DeploymentBody): void => {
  if (!RESOURCE_NAME.test(name)) throw userError('InvalidDeploymentName', `'${name}' is not a valid deployment name.`);
  const others = deploymentsOf(workspace, endpoint).filter((each) => each.name.toLowerCase() !== name.toLowerCase());
  if (others.length >= MAX_DEPLOYMENTS) {
    throw userError('OutOfQuota', `The endpoint has ${MAX_DEPLOYMENTS} deployments already.`);
  }
  if (body.properties.endpointComputeType === 'Managed' && !body.properties.instanceType) {
    throw userError('BadArgument', 'A managed deployment needs an instanceType.');
  }
  if (requestTimeoutMs(body) > MAX_REQUEST_TIMEOUT_MS) {
    throw userError('BadArgument', 'requestTimeout must be at most PT180S.');
  }
  if (Object.keys(body.properties.dataCollector?.collections ?? {}).length > MAX_COLLECTIONS) {
    throw userError('BadArgument', `A data collector has at most ${MAX_COLLECTIONS} collections.`);
  }
  servableEnvironment(workspace, body);
};

/** @throws ArmError 400 when the environment is missing, has no image, or does not say where it answers */
export const servableEnvironment = (workspace: Workspace, body: DeploymentBody): ServableEnvironment => {
  const { environmentId } = body.properties;
  const match = /\/environments\/([^/]+)\/versions\/([^/]+)$/.exec(environmentId);
  const record = workspace.environments.get(assetKey(match?.[1] ?? '', match?.[2] ?? ''));
  if (record === undefined) {
    throw userError('EnvironmentNotFound', `The environment '${environmentId}' does not exist.`);
  }
  const { image, inferenceConfig } = environmentBody.parse(record.body).properties;
  if (!image || !inferenceConfig) {
    throw userError('BadArgument', `The environment '${environmentId}' has no image with an inferenceConfig.`);
  }
  return { image, routes: inferenceConfig };
};

/** Milliseconds; 5 s unless the deployment says otherwise. */
export const requestTimeoutMs = (body: DeploymentBody): number =>
  duration(body.properties.requestSettings?.requestTimeout, 5_000);

/** How many requests may be in the deployment at once; more are answered 429. */
export const admittedRequests = (body: DeploymentBody): number =>
  2 * (body.properties.requestSettings?.maxConcurrentRequestsPerInstance ?? 1) * body.sku.capacity;

/** When a container counts as hung; the service's defaults. */
export const livenessOf = (body: DeploymentBody): { periodMs: number; timeoutMs: number; failures: number } => ({
  periodMs: duration(body.properties.livenessProbe?.period, 10_000),
  timeoutMs: duration(body.properties.livenessProbe?.timeout, 2_000),
  failures: body.properties.livenessProbe?.failureThreshold ?? 30,
});

/** Whether a change can be made without starting the containers again. */
export const keepsContainers = (before: DeploymentBody, after: DeploymentBody): boolean => {
  const parts = (body: DeploymentBody) => [
    body.properties.environmentId,
    body.properties.environmentVariables,
    body.properties.livenessProbe ?? undefined,
    body.properties.readinessProbe ?? undefined,
  ];
  return isDeepStrictEqual(parts(before), parts(after));
};

/** Comma separated `name:version` of what was deployed, as the event has it. */
export const modelIds = ({ body }: DeploymentRecord): string => {
  const match = /\/models\/([^/]+)\/versions\/([^/]+)$/.exec(body.properties.model ?? '');
  return match ? `${match[1]}:${match[2]}` : '';
};

const duration = (text: string | null | undefined, absentMs: number): number => {
  if (!text) return absentMs;
  try {
    return durationMs(text);
  } catch {
    throw userError('BadArgument', `'${text}' is not an ISO-8601 duration.`);
  }
};
