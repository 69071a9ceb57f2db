import type { DeploymentSpec, Traffic } from '../../rollout/ports.ts';
import type { ArmEndpoint } from './arm-types.ts';

/** Port inside the container; the platform alone sees it. */
const SCORING_PORT = 5001;
const COLLECTIONS = ['model_inputs', 'model_outputs'];

/** Tags by which a deployment is recognised as ours. */
export const TAGS = {
  image: 'slipway-image',
  model: 'slipway-model',
  modelVersion: 'slipway-model-version',
} as const;

/**
 * The body of a new endpoint without traffic.
 *
 * @param identityId - ARM id of the user-assigned identity that may pull images; the service refuses an endpoint without
 * any identity, so without it the endpoint gets one of its own
 */
export const newEndpointBody = (location: string, identityId: string | undefined): Record<string, unknown> => ({
  location,
  kind: 'Managed',
  tags: {},
  identity:
    identityId === undefined
      ? { type: 'SystemAssigned' }
      : { type: 'UserAssigned', userAssignedIdentities: { [identityId]: {} } },
  properties: { authMode: 'Key', publicNetworkAccess: 'Enabled', traffic: {}, mirrorTraffic: {} },
});

const READ_ONLY = ['keys', 'scoringUri', 'swaggerUri', 'provisioningState'];

/**
 * The whole endpoint as it was read, with other traffic: a PUT replaces everything, so what is left out is lost.
 */
export const trafficBody = (
  current: ArmEndpoint,
  traffic: Traffic,
  mirrorTraffic: Traffic,
): Record<string, unknown> => {
  const { id: _id, name: _name, type: _type, systemData: _systemData, identity, ...rest } = current;
  const { principalId: _principal, tenantId: _tenant, ...ownIdentity } = identity ?? { type: 'SystemAssigned' };
  const kept = Object.entries(current.properties).filter(([name]) => !READ_ONLY.includes(name));
  return {
    ...rest,
    identity: ownIdentity,
    properties: { ...Object.fromEntries(kept), traffic: positive(traffic), mirrorTraffic: positive(mirrorTraffic) },
  };
};

/** Zero and absent mean the same; the service wants names of deployments that exist. */
export const positive = (traffic: Traffic): Record<string, number> =>
  Object.fromEntries(Object.entries(traffic).filter(([, percent]) => percent > 0));

/** One environment per image: the same image is never registered twice. */
export const environmentPath = (image: string): string => {
  const digest = /@sha256:([0-9a-f]{64})$/.exec(image)?.[1];
  const name = `slipway-${(digest ?? Buffer.from(image).toString('hex')).slice(0, 40)}`;
  return `/environments/${name}/versions/1`;
};

export const environmentBody = (image: string): Record<string, unknown> => ({
  properties: {
    image,
    osType: 'Linux',
    inferenceConfig: {
      livenessRoute: { path: '/ping', port: SCORING_PORT },
      readinessRoute: { path: '/ping', port: SCORING_PORT },
      scoringRoute: { path: '/score', port: SCORING_PORT },
    },
  },
});

export interface DeploymentPlace {
  readonly location: string;
  readonly environmentId: string;
  /** Requests that one instance works on at once. */
  readonly maxConcurrentRequests: number;
}

/** The whole deployment that a wish asks for. */
export const deploymentBody = (spec: DeploymentSpec, place: DeploymentPlace): Record<string, unknown> => ({
  location: place.location,
  tags: { [TAGS.image]: spec.image, [TAGS.model]: spec.model.name, [TAGS.modelVersion]: spec.model.version },
  sku: { name: 'Default', capacity: spec.instanceCount },
  properties: {
    endpointComputeType: 'Managed',
    environmentId: place.environmentId,
    environmentVariables: spec.environmentVariables,
    instanceType: spec.instanceType,
    requestSettings: {
      requestTimeout: `PT${spec.requestTimeoutMs / 1_000}S`,
      maxConcurrentRequestsPerInstance: place.maxConcurrentRequests,
    },
    ...(spec.collectData && { dataCollector: dataCollector() }),
  },
});

const dataCollector = (): Record<string, unknown> => ({
  rollingRate: 'Hour',
  collections: Object.fromEntries(
    COLLECTIONS.map((name) => [name, { dataCollectionMode: 'Enabled', samplingRate: 1 }]),
  ),
});
