import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { realRequests } from '../../local/demo/stage.ts';
import { startTraffic } from '../../local/demo/steady-traffic.ts';
import { quickPolicy, scoringOf, withStack } from '../support/stack-story.ts';
import { until } from '../support/until.ts';

const MODEL = 'heart';
const ENDPOINT = 'heart';
const HOST = 'local/host/main.ts';
const AZURE = 'local/stack/azure.ts';
const COSMOS = 'local/cosmos/main.ts';
const KILLS = 4;
const REQUESTS_PER_SECOND = 30;

const GATED_POLICY = {
  ...quickPolicy(ENDPOINT, MODEL),
  steps: [
    { kind: 'smoke', repeat: 2 },
    { kind: 'traffic', weight: 20, bake: 'PT3S', minSamples: 20 },
    { kind: 'traffic', weight: 50, bake: 'PT3S', minSamples: 20 },
    { kind: 'traffic', weight: 100 },
  ],
  gates: [{ id: 'dead', type: 'absolute', metric: 'errorRate', max: 0.5, minSamples: 20 }],
  insufficientData: { maxExtend: 10, then: 'pause' },
};

const site = withStack();

const isUp = async (script: string, than: number): Promise<boolean> => {
  const pid = site.story.stack.pidOf(script);
  return pid !== undefined && pid !== than && (await site.story.stack.call('GET', '/api/v1/rollouts')).status === 200;
};

/** SIGKILL after a moment that nobody chose; the supervisor starts it again. */
const killSomeTime = async (script: string): Promise<string> => {
  const pid = site.story.stack.pidOf(script);
  if (pid === undefined) throw new Error(`${script} does not run`);
  const afterMs = Math.floor(Math.random() * 1_500);
  await sleep(afterMs);
  process.kill(pid, 'SIGKILL');
  await until(`${script} to be back`, () => isUp(script, pid), { withinMs: 40_000, everyMs: 200 });
  return `${script} killed ${afterMs} ms after it was up`;
};

const trafficTo = async (endpoint: string) => {
  const { scoringUri, key } = await scoringOf(site.story.arm, endpoint);
  return startTraffic({ scoringUri, key, bodies: await realRequests(), perSecond: REQUESTS_PER_SECOND });
};

describe('a rollout whose host is killed again and again', () => {
  it('promotes once and for all, and no request notices', async () => {
    const { story } = site;
    await story.client.request('PUT', '/api/v1/policies/gated', GATED_POLICY);
    await story.register(MODEL, 'v1');
    await story.rollout(MODEL, '1', ['Succeeded']);
    const traffic = await trafficTo(ENDPOINT);

    await story.register(MODEL, 'v2');
    await story.rollout(MODEL, '2', ['Provisioning']);
    const kills: string[] = [];
    while (kills.length < KILLS) kills.push(await killSomeTime(HOST));
    // A host that died in the middle of a tick keeps the lease of the endpoint for a minute.
    const { id } = await story.rollout(MODEL, '2', ['Succeeded', 'RolledBack', 'Failed'], 180_000);
    const { sent, ok, failed } = await traffic.stop();

    const told = kills.join(', ');
    const [rollout] = (await story.client.rollouts(MODEL)).filter((one) => one.id === id);
    expect(rollout?.phase, told).toBe('Succeeded');
    expect(await story.champion(MODEL)).toBe('2');
    const own = (await story.client.journal('endpoints')).filter(({ data }) => data['rollout'] === id);
    expect(
      own.filter(({ type }) => type === 'slipway.rollout.promoted'),
      told,
    ).toHaveLength(1);
    expect(failed, told).toEqual({});
    expect(ok).toBe(sent);
  });
});

describe('a rollout whose platform and documents are killed', () => {
  it('goes on when they are back', async () => {
    const { story } = site;
    await story.client.request('PUT', '/api/v1/policies/gated', quickPolicy(ENDPOINT, MODEL));
    await story.register(MODEL, 'v1');
    await story.rollout(MODEL, '3', ['Shifting', 'Baking']);

    await killSomeTime(AZURE);
    await killSomeTime(COSMOS);

    await story.rollout(MODEL, '3', ['Succeeded'], 180_000);
    expect(await story.champion(MODEL)).toBe('3');
    await until('a prediction', async () => (await story.predict(ENDPOINT)).status === 200);
  });
});
