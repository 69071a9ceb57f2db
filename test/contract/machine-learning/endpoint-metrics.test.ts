import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEndpointMetrics } from '../../../shared/azure/monitor/create-endpoint-metrics.ts';
import { addMs, systemClock } from '../../../shared/platform/time.ts';
import type { EndpointMetrics } from '../../../shared/rollout/ports.ts';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { ARM_TOKEN, WORKSPACE_ID, WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';

let fixture: WorkspaceFixture;
let calls: ArmCalls;
let metrics: EndpointMetrics;
// Moved by hand, so that requests fall into the seconds that the test wants.
let now = systemClock();

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start({ clock: () => now });
  calls = new ArmCalls(fixture);
  metrics = createEndpointMetrics({
    armEndpoint: fixture.url,
    workspaceId: WORKSPACE_ID,
    credential: { token: ARM_TOKEN },
    granularityMs: 1_000,
    timeoutMs: 2_000,
  });
  await calls.createEndpoint('heart');
  const image = await fixture.push('one');
  const requestSettings = { requestTimeout: 'PT0.2S', maxConcurrentRequestsPerInstance: 10 };
  await Promise.all([
    calls.deploy('heart', 'stable', { image, properties: { requestSettings } }),
    calls.deploy('heart', 'canary', { image, environmentVariables: { BEHAVIOUR: 'error' } }),
    calls.deploy('heart', 'slow', {
      image,
      environmentVariables: { DELAY_MS: '400' },
      properties: { requestSettings },
    }),
  ]);
});
afterAll(() => fixture.dispose());
beforeEach(() => calls.faults(undefined));

const score = (deployment: string, body: unknown = { a: 1 }) =>
  calls.score('heart', body, { 'azureml-model-deployment': deployment });

describe('EndpointMetrics on Azure Monitor', () => {
  it('counts every request once, by who is to blame, in windows that meet', async () => {
    const start = addMs(systemClock(), 10_000 - (systemClock() % 1_000));
    now = start;
    for (let at = 0; at < 3; at += 1) await score('stable');
    await score('stable', { status: 422 });
    now = addMs(start, 999);
    await score('canary');
    now = addMs(start, 1_000);
    await score('stable');
    await score('slow');
    expect(await metrics.read('heart', start, addMs(start, 1_000))).toEqual({
      stable: {
        requests: 4,
        errors: 0,
        timeouts: 0,
        p50Ms: expect.any(Number),
        p95Ms: expect.any(Number),
        p99Ms: expect.any(Number),
      },
      canary: expect.objectContaining({ requests: 1, errors: 1, timeouts: 0 }),
    });
    expect(await metrics.read('heart', addMs(start, 1_000), addMs(start, 2_000))).toEqual({
      stable: expect.objectContaining({ requests: 1, errors: 0, timeouts: 0 }),
      slow: expect.objectContaining({ requests: 1, errors: 1, timeouts: 1 }),
    });
    const { slow } = await metrics.read('heart', start, addMs(start, 5_000));
    expect(slow?.p50Ms).toBeGreaterThan(190);
    expect(slow?.p99Ms).toBeLessThan(1_000);
    expect(await metrics.read('heart', start, addMs(start, 900))).toEqual({});
  });

  it('has nothing to say while ingestion is down, and says so when it cannot answer', async () => {
    const window = [addMs(now, -60_000), addMs(now, 60_000)] as const;
    await calls.faults({ dropMetrics: true });
    expect(await metrics.read('heart', ...window)).toEqual({});
    await calls.faults({ metricsError: 429 });
    await expect(metrics.read('heart', ...window)).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
    await calls.faults({ metricsError: 500 });
    await expect(metrics.read('heart', ...window)).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });
});
