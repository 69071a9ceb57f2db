import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMachineLearningEndpoints } from '../../../shared/azure/machine-learning/create-machine-learning-endpoints.ts';
import type { DeploymentSpec, Endpoints } from '../../../shared/rollout/ports.ts';
import { ArmCalls, endpointBody } from '../../support/machine-learning/arm-calls.ts';
import { ARM_TOKEN, WORKSPACE_ID, WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';
import { until } from '../../support/until.ts';

let fixture: WorkspaceFixture;
let calls: ArmCalls;
let endpoints: Endpoints;
let image: string;

const client = (overrides: { token?: string; timeoutMs?: number } = {}): Endpoints =>
  createMachineLearningEndpoints({
    armEndpoint: fixture.url,
    workspaceId: WORKSPACE_ID,
    apiVersion: '2024-04-01',
    credential: { token: overrides.token ?? ARM_TOKEN },
    location: 'westeurope',
    ...(overrides.timeoutMs !== undefined && { timeoutMs: overrides.timeoutMs }),
  });

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start();
  calls = new ArmCalls(fixture);
  endpoints = client();
  image = await fixture.push('heart-2');
});
afterAll(() => fixture.dispose());
beforeEach(() => calls.faults(undefined));

const spec = (overrides: Partial<DeploymentSpec> = {}): DeploymentSpec => ({
  image,
  model: { name: 'heart-classifier', version: '2' },
  instanceType: 'Standard_DS3_v2',
  instanceCount: 1,
  environmentVariables: {},
  requestTimeoutMs: 5_000,
  collectData: false,
  ...overrides,
});

const ready = (endpoint: string) =>
  until(`endpoint ${endpoint}`, async () => (await endpoints.getEndpoint(endpoint))?.provisioningState === 'Succeeded');

const settled = (endpoint: string, deployment: string) =>
  until(`deployment ${deployment}`, async () => {
    const observed = await endpoints.getDeployment(endpoint, deployment);
    return observed && observed.provisioningState !== 'Creating' && observed.provisioningState !== 'Updating'
      ? observed
      : undefined;
  });

const deploy = async (endpoint: string, deployment: string, overrides: Partial<DeploymentSpec> = {}) => {
  await endpoints.putDeployment(endpoint, deployment, spec(overrides));
  return settled(endpoint, deployment);
};

describe('Endpoints on Azure Machine Learning', () => {
  beforeAll(async () => {
    await endpoints.ensureEndpoint('heart');
    await ready('heart');
    await deploy('heart', 'stable');
  });

  it('knows no endpoint and no deployment that is not there', async () => {
    expect(await endpoints.getEndpoint('missing')).toBeUndefined();
    expect(await endpoints.getDeployment('heart', 'missing')).toBeUndefined();
    expect(await endpoints.getDeployment('missing', 'stable')).toBeUndefined();
    expect(await endpoints.listDeployments('missing')).toEqual([]);
  });

  it('leaves an existing endpoint as it is', async () => {
    await calls.arm('PUT', '/onlineEndpoints/mine', endpointBody());
    await ready('mine');
    await endpoints.ensureEndpoint('mine');
    expect((await calls.arm('GET', '/onlineEndpoints/mine')).body.tags).toEqual({ team: 'hearts' });
  });

  it('sees a deployment with its image and model', async () => {
    expect(await endpoints.listDeployments('heart')).toContainEqual({
      name: 'stable',
      provisioningState: 'Succeeded',
      image,
      model: { name: 'heart-classifier', version: '2' },
    });
  });

  it('puts the same deployment twice with the effect of once', async () => {
    await deploy('heart', 'stable');
    const log = await endpoints.logs('heart', 'stable', 100);
    expect(log.match(/container is ready/g)).toHaveLength(1);
  });

  it('moves traffic and keeps everything else of the endpoint', async () => {
    await calls.arm('PUT', '/onlineEndpoints/kept', {
      ...endpointBody({ description: 'kept', publicNetworkAccess: 'Disabled' }),
    });
    await ready('kept');
    await deploy('kept', 'stable');
    await deploy('kept', 'canary');
    await endpoints.putTraffic('kept', { stable: 100, canary: 0 }, { canary: 10 });
    await ready('kept');
    expect(await endpoints.getEndpoint('kept')).toEqual({
      name: 'kept',
      provisioningState: 'Succeeded',
      traffic: { stable: 100 },
      mirrorTraffic: { canary: 10 },
      scoringUri: `${fixture.url}/endpoints/kept/score`,
    });
    await endpoints.putTraffic('kept', { stable: 90, canary: 10 }, {});
    await ready('kept');
    expect(await endpoints.getEndpoint('kept')).toMatchObject({
      traffic: { stable: 90, canary: 10 },
      mirrorTraffic: {},
    });
    const { tags, properties } = (await calls.arm('GET', '/onlineEndpoints/kept')).body;
    expect({ tags, description: properties.description, access: properties.publicNetworkAccess }).toEqual({
      tags: { team: 'hearts' },
      description: 'kept',
      access: 'Disabled',
    });
  });

  it('says in one sentence why a deployment failed', async () => {
    const failed = await deploy('heart', 'crashing', { environmentVariables: { BEHAVIOUR: 'crash' } });
    expect(failed.provisioningState).toBe('Failed');
    expect(failed.error).toMatch(/^ResourceNotReady: The container did not become ready[\s\S]*cannot load the model/);
    await calls.faults({ failDeployment: true });
    expect((await deploy('heart', 'unlucky')).error).toBe('OutOfCapacity: No capacity.');
  });

  it('deletes a deployment, also one that is gone, but none with traffic', async () => {
    await deploy('heart', 'leaving');
    await endpoints.putTraffic('heart', { leaving: 100 }, {});
    await ready('heart');
    await expect(endpoints.deleteDeployment('heart', 'leaving')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
    await endpoints.putTraffic('heart', { stable: 100 }, {});
    await ready('heart');
    await endpoints.deleteDeployment('heart', 'leaving');
    await until('it to be gone', async () => (await endpoints.getDeployment('heart', 'leaving')) === undefined);
    await endpoints.deleteDeployment('heart', 'leaving');
  });

  it('scores by traffic or where it is told, and gets new keys when they were changed', async () => {
    await deploy('heart', 'other', { environmentVariables: { BEHAVIOUR: 'error' } });
    await endpoints.putTraffic('heart', { stable: 100 }, {});
    await ready('heart');
    const request = { body: '{"input_data":[[1]]}', timeoutMs: 5_000 };
    expect(await endpoints.invoke('heart', request)).toEqual({
      status: 200,
      latencyMs: expect.any(Number),
      body: '["heart-2"]',
    });
    await calls.arm('POST', '/onlineEndpoints/heart/regenerateKeys', { keyType: 'Primary' });
    expect(await endpoints.invoke('heart', { ...request, deployment: 'other' })).toMatchObject({
      status: 424,
      modelStatus: 500,
    });
  });

  it('refuses to wait longer for a score than asked', async () => {
    await deploy('heart', 'slow', { environmentVariables: { DELAY_MS: '1000' } });
    const slow = endpoints.invoke('heart', { deployment: 'slow', body: '{}', timeoutMs: 100 });
    await expect(slow).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });

  it('collects data when asked', async () => {
    await deploy('heart', 'collecting', { collectData: true });
    const { body } = await calls.arm('GET', '/onlineEndpoints/heart/deployments/collecting');
    expect(Object.keys(body.properties.dataCollector.collections)).toEqual(['model_inputs', 'model_outputs']);
  });
});

describe('failures of the platform', () => {
  it('are conflicts while another operation runs', async () => {
    await calls.faults({ updatingConflicts: 2 });
    await expect(endpoints.putTraffic('heart', {}, {})).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT' });
    await expect(endpoints.putDeployment('heart', 'stable', spec())).rejects.toMatchObject({
      code: 'RESOURCE_CONFLICT',
    });
  });

  it('are parameters for a wish that is refused, with the reason', async () => {
    const refused = endpoints.putTraffic('heart', { stable: 50 }, {});
    await expect(refused).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringContaining('InvalidTraffic: The sum of traffic must be 0 or 100, but it is 50.'),
    });
    await expect(endpoints.putTraffic('missing', {}, {})).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
  });

  it('are temporary when no answer came in time, although the PUT may have been applied', async () => {
    await calls.faults({ putApplyDelayMs: 400 });
    const hasty = client({ timeoutMs: 150 });
    await expect(hasty.putTraffic('heart', { stable: 100 }, {})).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
    });
    await calls.faults(undefined);
    await until('the late PUT', async () => (await endpoints.getEndpoint('heart'))?.traffic['stable'] === 100);
  });

  it('are permissions with a wrong token', async () => {
    await expect(client({ token: 'wrong' }).getEndpoint('heart')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
  });

  it('are temporary when nothing listens', async () => {
    const nowhere = createMachineLearningEndpoints({
      armEndpoint: 'http://127.0.0.1:9',
      workspaceId: WORKSPACE_ID,
      apiVersion: '1',
      credential: { token: 'x' },
      location: 'x',
      timeoutMs: 300,
    });
    await expect(nowhere.getEndpoint('heart')).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });
});
