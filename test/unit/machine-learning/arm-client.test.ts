import { createHttpHeaders, createPipelineRequest } from '@azure/core-rest-pipeline';
import { describe, expect, it } from 'vitest';
import { fromArmResponse } from '../../../shared/azure/arm-errors.ts';
import { armEndpoint } from '../../../shared/azure/machine-learning/arm-types.ts';
import { deploymentBody, environmentPath, trafficBody } from '../../../shared/azure/machine-learning/wishes.ts';
import { countRequests } from '../../../shared/azure/monitor/count-requests.ts';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) => ({
  request: createPipelineRequest({ url: 'http://x' }),
  status,
  headers: createHttpHeaders(headers),
  bodyAsText: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('fromArmResponse', () => {
  it.each([
    { status: 400, code: 'INVALID_PARAMETER_VALUE' },
    { status: 401, code: 'PERMISSION_DENIED' },
    { status: 404, code: 'RESOURCE_DOES_NOT_EXIST' },
    { status: 409, code: 'RESOURCE_CONFLICT' },
    { status: 429, code: 'REQUEST_LIMIT_EXCEEDED' },
    { status: 500, code: 'TEMPORARILY_UNAVAILABLE' },
    { status: 503, code: 'TEMPORARILY_UNAVAILABLE' },
    { status: 418, code: 'INTERNAL_ERROR' },
  ])('makes $status $code', ({ status, code }) => {
    expect(fromArmResponse(answer(status, 'no json'), 'GET /x')).toMatchObject({
      code,
      message: `GET /x: status ${status}`,
    });
  });

  it('calls a 400 that speaks of Updating a conflict', () => {
    const message = 'Cannot create a deployment in endpoint e because it is in Updating provisioning state';
    expect(fromArmResponse(answer(400, { error: { code: 'UserError', message } }), 'PUT /x').code).toBe(
      'RESOURCE_CONFLICT',
    );
  });

  it('says what the first useful detail says, also when that is JSON inside text', () => {
    const inner = { errors: { VmSize: ['Not enough quota available for Standard_F4s_v2. Additional needed: 8'] } };
    const details = [{ code: 'InferencingClientCreateDeploymentFailed', message: `Failed: ${JSON.stringify(inner)}` }];
    const error = fromArmResponse(answer(400, { error: { code: 'UserError', message: 'outer', details } }), 'PUT /x');
    expect(error.message).toBe(
      'PUT /x: InferencingClientCreateDeploymentFailed: Not enough quota available for Standard_F4s_v2. Additional needed: 8',
    );
  });

  it('passes Retry-After on', () => {
    expect(fromArmResponse(answer(429, {}, { 'retry-after': '7' }), 'PUT /x').retryAfterMs).toBe(7_000);
  });
});

describe('trafficBody', () => {
  it('keeps everything of the endpoint but what is read-only', () => {
    const current = armEndpoint.parse({
      ...{ id: 'id', name: 'heart', type: 't', systemData: {}, location: 'westeurope', kind: 'Managed' },
      tags: { team: 'hearts' },
      identity: { type: 'SystemAssigned', principalId: 'p', tenantId: 't' },
      properties: {
        ...{ authMode: 'Key', publicNetworkAccess: 'Disabled', description: 'd', future: 1 },
        ...{ keys: null, scoringUri: 'u', swaggerUri: 's', provisioningState: 'Succeeded' },
        ...{ traffic: { a: 100 }, mirrorTraffic: { b: 10 }, properties: { kept: 'yes' } },
      },
    });
    expect(trafficBody(current, { a: 90, b: 10, c: 0 }, {})).toEqual({
      ...{ location: 'westeurope', kind: 'Managed', tags: { team: 'hearts' }, identity: { type: 'SystemAssigned' } },
      properties: {
        ...{ authMode: 'Key', publicNetworkAccess: 'Disabled', description: 'd', future: 1 },
        ...{ traffic: { a: 90, b: 10 }, mirrorTraffic: {}, properties: { kept: 'yes' } },
      },
    });
  });
});

describe('deploymentBody', () => {
  const spec = {
    image: `registry/models/heart@sha256:${'a'.repeat(64)}`,
    model: { name: 'heart', version: '2' },
    instanceType: 'Standard_DS3_v2',
    instanceCount: 2,
    environmentVariables: { A: '1' },
    requestTimeoutMs: 5_500,
    collectData: false,
  };
  const place = { location: 'westeurope', environmentId: 'env', maxConcurrentRequests: 10 };

  it('is a packaged environment with neither model nor code', () => {
    expect(deploymentBody(spec, place)).toEqual({
      location: 'westeurope',
      tags: { 'slipway-image': spec.image, 'slipway-model': 'heart', 'slipway-model-version': '2' },
      sku: { name: 'Default', capacity: 2 },
      properties: {
        endpointComputeType: 'Managed',
        environmentId: 'env',
        environmentVariables: { A: '1' },
        instanceType: 'Standard_DS3_v2',
        requestSettings: { requestTimeout: 'PT5.5S', maxConcurrentRequestsPerInstance: 10 },
      },
    });
  });

  it('names the environment by the image digest, within the limits of names', () => {
    expect(environmentPath(spec.image)).toBe(`/environments/slipway-${'a'.repeat(40)}/versions/1`);
  });
});

describe('countRequests', () => {
  it.each([
    { status: '200', model: '', errors: 0, timeouts: 0 },
    { status: '401', model: '', errors: 0, timeouts: 0 },
    { status: '408', model: '', errors: 1, timeouts: 1 },
    { status: '413', model: '', errors: 0, timeouts: 0 },
    { status: '424', model: '', errors: 1, timeouts: 0 },
    { status: '424', model: '400', errors: 0, timeouts: 0 },
    { status: '424', model: '500', errors: 1, timeouts: 0 },
    { status: '429', model: '', errors: 0, timeouts: 0 },
    { status: '503', model: '', errors: 1, timeouts: 0 },
  ])('counts $status with model status "$model" as $errors error', ({ status, model, errors, timeouts }) => {
    const dimensions = { deployment: 'stable', statuscode: status, modelstatuscode: model };
    const counted = countRequests([{ metric: 'RequestsPerMinute', dimensions, value: 1 }]);
    expect(counted).toEqual({ stable: { requests: 1, errors, timeouts } });
  });

  it('leaves out requests that reached no deployment', () => {
    const dimensions = { deployment: '', statuscode: '404', modelstatuscode: '' };
    expect(countRequests([{ metric: 'RequestsPerMinute', dimensions, value: 5 }])).toEqual({});
  });
});
