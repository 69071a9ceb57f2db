import { describe, expect, it } from 'vitest';
import { type DeploymentRecord, endpointBody } from '../../../local/machine-learning/records.ts';
import { positive, trafficError } from '../../../local/machine-learning/traffic-rules.ts';

const deployment = (name: string, state: DeploymentRecord['state'] = 'Succeeded') =>
  ({ name, state }) as DeploymentRecord;

const wish = (traffic: Record<string, number>, mirrorTraffic: Record<string, number> = {}) =>
  endpointBody.parse({
    location: 'x',
    identity: { type: 'SystemAssigned' },
    properties: { authMode: 'Key', traffic, mirrorTraffic },
  });

const DEPLOYMENTS = [deployment('stable'), deployment('canary'), deployment('failed', 'Failed')];

describe('trafficError', () => {
  it.each([
    { case: 'no traffic', traffic: {}, mirror: {} },
    { case: 'all on one', traffic: { stable: 100 }, mirror: {} },
    { case: 'a split', traffic: { stable: 90, canary: 10 }, mirror: {} },
    { case: 'zeros', traffic: { stable: 100, canary: 0, failed: 0 }, mirror: { canary: 0 } },
    { case: 'mirroring half', traffic: { stable: 100 }, mirror: { canary: 50 } },
  ])('accepts $case', ({ traffic, mirror }) => {
    expect(trafficError(wish(traffic, mirror), DEPLOYMENTS)).toBeUndefined();
  });

  it.each([
    { case: 'a sum of 99', traffic: { stable: 99 }, mirror: {}, code: 'InvalidTraffic' },
    { case: 'a sum of 110', traffic: { stable: 100, canary: 10 }, mirror: {}, code: 'InvalidTraffic' },
    { case: 'a deployment that is not there', traffic: { gone: 100 }, mirror: {}, code: 'DeploymentNotFound' },
    { case: 'a deployment that failed', traffic: { failed: 100 }, mirror: {}, code: 'DeploymentNotReady' },
    { case: 'mirroring 51', traffic: { stable: 100 }, mirror: { canary: 51 }, code: 'InvalidMirrorTraffic' },
    { case: 'live and mirror at once', traffic: { stable: 100 }, mirror: { stable: 10 }, code: 'InvalidMirrorTraffic' },
    { case: 'two mirrors', traffic: {}, mirror: { stable: 10, canary: 10 }, code: 'InvalidMirrorTraffic' },
    { case: 'a mirror that is not there', traffic: { stable: 100 }, mirror: { gone: 10 }, code: 'DeploymentNotFound' },
  ])('refuses $case', ({ traffic, mirror, code }) => {
    expect(trafficError(wish(traffic, mirror), DEPLOYMENTS)?.details[0]?.code).toBe(code);
  });
});

describe('positive', () => {
  it('drops zeros', () => expect(positive({ stable: 100, canary: 0 })).toEqual({ stable: 100 }));
});
