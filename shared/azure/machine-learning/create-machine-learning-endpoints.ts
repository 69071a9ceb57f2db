import { SlipwayError } from '../../platform/errors.ts';
import type { Endpoints, ObservedDeployment } from '../../rollout/ports.ts';
import { type ArmClient, type ArmClientOptions, createArmClient } from '../arm-client.ts';
import {
  type ArmDeployment,
  type ArmEndpoint,
  armDeployment,
  armDeployments,
  armEndpoint,
  armKeys,
  armLogs,
} from './arm-types.ts';
import { createScoringClient, type ScoringAccess } from './invoke-endpoint.ts';
import { observedDeployment, observedEndpoint } from './observe.ts';
import { deploymentBody, environmentBody, environmentPath, newEndpointBody, positive, trafficBody } from './wishes.ts';

export interface MachineLearningEndpointsOptions extends ArmClientOptions {
  /** Azure region of what is created. */
  readonly location: string;
  /** ARM id of the user-assigned identity that endpoints pull images with; absent: each has its own. */
  readonly identityId?: string;
  /** Requests that one instance works on at once; the platform's own default of 1 answers 429 to the third. */
  readonly maxConcurrentRequests?: number;
}

const DEFAULT_CONCURRENT_REQUESTS = 100;

/** Online endpoints of one Azure Machine Learning workspace. */
export const createMachineLearningEndpoints = (options: MachineLearningEndpointsOptions): Endpoints => {
  const client = createArmClient(options);
  const scoring = createScoringClient((endpoint) => scoringAccess(client, endpoint));
  return {
    async getEndpoint(endpoint) {
      const found = await readEndpoint(client, endpoint);
      return found && observedEndpoint(found);
    },
    async ensureEndpoint(endpoint) {
      if (await readEndpoint(client, endpoint)) return;
      await client.send({
        method: 'PUT',
        path: endpointPath(endpoint),
        body: newEndpointBody(options.location, options.identityId),
      });
    },
    async putTraffic(endpoint, traffic, mirrorTraffic) {
      const current = await readEndpoint(client, endpoint);
      if (!current) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no endpoint '${endpoint}'`);
      const body = trafficBody(current, traffic, mirrorTraffic);
      const answer = armEndpoint.parse(await client.send({ method: 'PUT', path: endpointPath(endpoint), body }));
      const isMirrored = Object.keys(positive(mirrorTraffic)).length > 0;
      if (isMirrored && Object.keys(answer.properties.mirrorTraffic).length === 0)
        throw dropped(client, 'mirrorTraffic');
    },
    async getDeployment(endpoint, deployment) {
      const found = await client.find({ method: 'GET', path: deploymentPath(endpoint, deployment) });
      return found === undefined ? undefined : observedDeployment(client, armDeployment.parse(found));
    },
    listDeployments: (endpoint) => listDeployments(client, endpoint),
    async putDeployment(endpoint, deployment, spec) {
      const environment = environmentPath(spec.image);
      if ((await client.find({ method: 'GET', path: environment })) === undefined) {
        await client.send({ method: 'PUT', path: environment, body: environmentBody(spec.image) });
      }
      const body = deploymentBody(spec, {
        location: options.location,
        environmentId: `${options.workspaceId}${environment}`,
        maxConcurrentRequests: options.maxConcurrentRequests ?? DEFAULT_CONCURRENT_REQUESTS,
      });
      const answer = await client.send({ method: 'PUT', path: deploymentPath(endpoint, deployment), body });
      const { dataCollector } = armDeployment.parse(answer).properties;
      if (spec.collectData && !dataCollector) throw dropped(client, 'dataCollector');
    },
    async deleteDeployment(endpoint, deployment) {
      await client.find({ method: 'DELETE', path: deploymentPath(endpoint, deployment) });
    },
    invoke: (endpoint, request) => scoring.invoke(endpoint, request),
    async logs(endpoint, deployment, tail) {
      const path = `${deploymentPath(endpoint, deployment)}/getLogs`;
      const body = { containerType: 'InferenceServer', tail };
      return armLogs.parse(await client.send({ method: 'POST', path, body })).content;
    },
  };
};

const endpointPath = (endpoint: string): string => `/onlineEndpoints/${encodeURIComponent(endpoint)}`;

const deploymentPath = (endpoint: string, deployment: string): string =>
  `${endpointPath(endpoint)}/deployments/${encodeURIComponent(deployment)}`;

const readEndpoint = async (client: ArmClient, endpoint: string): Promise<ArmEndpoint | undefined> => {
  const found = await client.find({ method: 'GET', path: endpointPath(endpoint) });
  return found === undefined ? undefined : armEndpoint.parse(found);
};

const listDeployments = async (client: ArmClient, endpoint: string): Promise<readonly ObservedDeployment[]> => {
  const found: ArmDeployment[] = [];
  let answer = await client.find({ method: 'GET', path: `${endpointPath(endpoint)}/deployments` });
  while (answer !== undefined) {
    const { value, nextLink } = armDeployments.parse(answer);
    found.push(...value);
    answer = nextLink ? await client.follow(nextLink) : undefined;
  }
  return Promise.all(found.map((each) => observedDeployment(client, each)));
};

const scoringAccess = async (client: ArmClient, endpoint: string): Promise<ScoringAccess> => {
  const found = await readEndpoint(client, endpoint);
  if (!found?.properties.scoringUri) {
    throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no endpoint '${endpoint}' that can be called`);
  }
  const keys = await client.send({ method: 'POST', path: `${endpointPath(endpoint)}/listKeys` });
  return { scoringUri: found.properties.scoringUri, key: armKeys.parse(keys).primaryKey };
};

/** An api-version that does not know a property drops it in silence; that must not go unnoticed. */
const dropped = (client: ArmClient, property: string): SlipwayError =>
  new SlipwayError(
    'NOT_IMPLEMENTED',
    `the service dropped '${property}': api-version ${client.options.apiVersion} does not know it, choose a newer one`,
  );
