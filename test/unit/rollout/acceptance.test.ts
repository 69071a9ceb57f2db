import { describe, expect, it } from 'vitest';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { commandRollout } from '../../../shared/rollout/command-rollout.ts';
import { rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import type { Phase } from '../../../shared/rollout/rollout.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld, T0 } from '../../support/rollout-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TWO = rolloutId('heart', 'heart-classifier', '2', 1);

const register = (world: RolloutWorld, version: string) =>
  planRollout(
    world.services,
    { model: 'heart-classifier', version, tags: {} },
    { ...CAUSE, causedBy: `evt-${version}` },
  );

/** Version 1 serves; `prepare` changes the world before version 2 is registered. */
const begin = async (
  raw: Record<string, unknown> = {},
  options = {},
  prepare: (world: RolloutWorld) => void = () => undefined,
): Promise<RolloutWorld> => {
  const world = createRolloutWorld({ granularityMs: MINUTE, ...options });
  await world.services.policies.put(policyOf(raw), undefined);
  await register(world, '1');
  await world.run({ forMs: HOUR });
  prepare(world);
  await register(world, '2');
  return world;
};

const until = (world: RolloutWorld, ...phases: readonly Phase[]) =>
  world.run({ forMs: 200 * HOUR, done: async () => phases.includes((await world.rollout(TWO)).phase) });

const canaryWeight = (world: RolloutWorld) =>
  Object.entries(world.endpoints.trafficOf('heart')).find(([name]) => name.startsWith('v2'))?.[1] ?? 0;

const reasons = (world: RolloutWorld) =>
  world
    .journal()
    .filter(({ causedBy }) => causedBy === 'evt-2')
    .map(({ data }) => (data as { reason?: string }).reason)
    .filter((reason) => reason !== undefined);

describe('the default plan', () => {
  it('ends without a human on an endpoint of 1 500 requests an hour with 0.5 % errors', async () => {
    const world = await begin({}, { requestsPerMinute: 25, drawErrors: spread(0.005) });
    await until(world, 'Holding');

    expect((await world.rollout(TWO)).pause).toEqual([]);
    expect(canaryWeight(world)).toBe(100);
    expect(world.now - T0).toBeLessThan(6 * HOUR);
  });

  it('pauses as inconclusive without any traffic: never promotes silently, never rolls back', async () => {
    const world = await begin({ deadline: { after: 'P3D', then: 'pause' } }, { requestsPerMinute: 0 });
    await world.run({ forMs: 12 * HOUR });

    const rollout = await world.rollout(TWO);
    expect(rollout).toMatchObject({ phase: 'Baking', step: 1, pause: ['inconclusive'], extendCount: 3 });
    expect(reasons(world)).toEqual(['bake-extended', 'bake-extended', 'bake-extended', 'inconclusive']);
    expect(canaryWeight(world)).toBe(1);
  });

  it.each([
    ['promote', 100, 'Holding'],
    ['rollback', 0, 'Cleanup'],
  ] as const)('without traffic ends in %s when the policy says so', async (then, weight, phase) => {
    const world = await begin({ insufficientData: { maxExtend: 0, then } }, { requestsPerMinute: 0 });
    await until(world, phase);

    expect(canaryWeight(world)).toBe(weight);
  });

  it('lets the first of versions that come every ten minutes finish, with one waiting', async () => {
    const world = await begin({}, { requestsPerMinute: 6_000 });
    await world.run({ forMs: 3 * MINUTE });
    for (let version = 3; version <= 9; version += 1) {
      await register(world, String(version));
      await world.run({ forMs: 10 * MINUTE });
    }
    const record = (await world.services.rollouts.readEndpoint('heart'))?.value;

    expect((await world.rollout(TWO)).phase).toBe('Holding');
    expect(record?.pending?.version).toBe('9');
    expect((await world.rollout(rolloutId('heart', 'heart-classifier', '8', 1))).phase).toBe('Superseded');

    await world.run({ forMs: 4 * HOUR });
    expect((await world.rollout(TWO)).phase).toBe('Succeeded');
    expect((await world.rollout(rolloutId('heart', 'heart-classifier', '9', 1))).hadTraffic).toBe(true);
  });
});

/** Errors as their exact share over time, so that small windows do not round them away. */
const spread = (share: number) => {
  const owed = new Map<number, number>();
  return (requests: number, rate: number): number => {
    const total = (owed.get(rate) ?? 0) + requests * (rate === 0 ? 0 : share);
    owed.set(rate, total - Math.floor(total));
    return Math.floor(total);
  };
};

const SHORT = {
  steps: [
    { kind: 'traffic', weight: 10, bake: 'PT10M', minSamples: 50 },
    { kind: 'traffic', weight: 50, bake: 'PT10M', minSamples: 50 },
    { kind: 'traffic', weight: 100 },
  ],
};

/** A freeze from two hours after the beginning, when version 2 bakes at 10 %, for three hours. */
const FREEZE = { windows: [{ name: 'release day', from: '2026-01-01T01:05:00Z', to: '2026-01-01T04:05:00Z' }] };

describe('a freeze in the middle of a bake', () => {
  it('lets no weight rise until it ends', async () => {
    const world = await begin({ ...SHORT, freeze: FREEZE });
    await world.run({ forMs: 3 * HOUR });
    expect(canaryWeight(world)).toBe(10);
    expect((await world.rollout(TWO)).pause).toEqual(['freeze']);

    await world.run({ forMs: 10 * MINUTE });

    expect(canaryWeight(world)).toBe(50);
    expect(reasons(world)).toEqual(['freeze', 'freeze']);
  });

  it('does not keep a failing canary from being rolled back', async () => {
    const world = await begin({ ...SHORT, freeze: FREEZE });
    await world.run({ forMs: HOUR });
    world.endpoints.behaviours.set('2', { errorRate: 0.9, latencyMs: 20 });
    await world.run({ forMs: 10 * MINUTE });

    expect(canaryWeight(world)).toBe(0);
  });
});

describe('smoke', () => {
  const BEFORE = { steps: [{ kind: 'smoke', maxLatencyMs: 100 }, ...SHORT.steps] };

  it.each([
    [
      'the model answers 500',
      { answer: { status: 424, modelStatus: 500, body: 'boom' } },
      'answered 424 (the model container said 500)',
    ],
    ['the answer is no JSON', { answer: { body: 'ok' } }, 'answered something that is not JSON'],
    ['the answer is empty', { answer: { body: '{}' } }, 'answered without predictions'],
    ['there are no predictions', { answer: { body: '{"predictions":[]}' } }, 'answered without predictions'],
    ['the answer is a number', { answer: { body: '3' } }, 'answered JSON that is neither list nor object'],
    ['the model is slow', { latencyMs: 101 }, 'smoke requests took 101 ms (95th percentile), over 100 ms'],
    ['the platform never answers', { answer: { status: 503 } }, 'only 0 of 5 smoke requests were answered within PT5M'],
  ])('sends the version away without any traffic when %s', async (_, behaviour, message) => {
    const world = await begin(BEFORE, {}, ({ endpoints }) => {
      endpoints.behaviours.set('2', { errorRate: 0, latencyMs: 20, ...behaviour });
    });
    await until(world, 'Cleanup', 'Holding');

    const rollout = await world.rollout(TWO);
    expect(rollout.outcome?.reason).toBe('smoke-failed');
    expect(rollout.outcome?.message).toContain(message);
    expect(world.endpoints.trafficPuts).toHaveLength(1);
  });

  it('asks for an input example when the package has none', async () => {
    const world = await begin(BEFORE, {}, ({ packageStates }) => {
      packageStates.set('heart-classifier:2', { phase: 'built', image: 'i' });
    });
    await until(world, 'Cleanup');

    expect((await world.rollout(TWO)).outcome?.message).toContain('input_example=');
  });

  it('goes on from the answers it has when the platform was busy', async () => {
    const world = await begin(BEFORE, {}, ({ endpoints }) => {
      endpoints.failures.set('invoke', new SlipwayError('TEMPORARILY_UNAVAILABLE', 'starting'));
    });
    await until(world, 'Smoke');
    await world.run({ forMs: MINUTE });
    world.endpoints.failures.clear();
    await until(world, 'Shifting');

    expect((await world.rollout(TWO)).evidence.smoke).toHaveLength(5);
  });
});

describe('provisioning', () => {
  it('ends at once with the message of a refused package', async () => {
    const world = await begin(SHORT, {}, ({ packageStates }) => {
      packageStates.set('heart-classifier:2', { phase: 'refused', code: 'NO_SIGNATURE', message: 'log it again' });
    });
    await until(world, 'Failed');

    expect(world.journal().at(-1)).toMatchObject({
      type: 'slipway.rollout.failed',
      data: { phase: 'Failed', reason: 'package-refused', message: 'log it again' },
    });
    expect((await world.services.rollouts.readEndpoint('heart'))?.value.activeRolloutId).toBeUndefined();
  });

  it('tries a deployment three times, then says why and removes it', async () => {
    const world = await begin(SHORT, {}, ({ endpoints }) => {
      endpoints.behaviours.set('2', { errorRate: 0, latencyMs: 1, broken: 'container exited with code 1' });
    });
    await until(world, 'Failed');
    expect((await world.rollout(TWO)).outcome).toMatchObject({
      reason: 'deployment-failed',
      message: 'container exited with code 1',
    });
    expect(world.endpoints.changes.filter((change) => change === 'deploy heart-classifier:2')).toHaveLength(3);

    await world.run({ forMs: HOUR });
    expect(world.endpoints.deploymentsOf('heart')).toHaveLength(1);
  });

  it('gives up on a deployment that the platform refuses', async () => {
    const world = await begin(SHORT, {}, ({ endpoints }) => {
      endpoints.failures.set('putDeployment', new SlipwayError('INVALID_PARAMETER_VALUE', 'not enough quota'));
    });
    await until(world, 'Failed');

    expect((await world.rollout(TWO)).outcome).toMatchObject({
      reason: 'deployment-failed',
      message: 'not enough quota',
    });
  });

  it('gives the endpoint to the version that waits', async () => {
    const world = await begin({ ...SHORT, supersedeUntilLive: false }, {}, ({ packageStates }) => {
      packageStates.set('heart-classifier:2', { phase: 'refused', code: 'X', message: 'no' });
    });
    await register(world, '3');
    await world.run({ forMs: 3 * MINUTE });

    expect((await world.rollout(rolloutId('heart', 'heart-classifier', '3', 1))).phase).toBe('Baking');
  });
});

describe('trouble on the way', () => {
  it('holds the weight while metrics cannot be read, and goes on by itself', async () => {
    const world = await begin(SHORT);
    await until(world, 'Baking');
    world.endpoints.failures.set('read', new SlipwayError('TEMPORARILY_UNAVAILABLE', 'no answer'));
    await world.run({ forMs: 20 * MINUTE });
    expect((await world.rollout(TWO)).pause).toEqual(['metrics-unavailable']);
    expect(canaryWeight(world)).toBe(10);

    world.endpoints.failures.clear();
    await until(world, 'Holding');
    expect(reasons(world)).toEqual(['metrics-unavailable', 'metrics-unavailable']);
  });

  it('goes back when metrics stay away too long', async () => {
    const world = await begin(SHORT);
    await until(world, 'Baking');
    world.endpoints.failures.set('read', new SlipwayError('TEMPORARILY_UNAVAILABLE', 'no answer'));
    await until(world, 'Cleanup');

    expect((await world.rollout(TWO)).outcome?.reason).toBe('metrics-unavailable');
    expect(canaryWeight(world)).toBe(0);
  });

  it('puts edited traffic right three times, then asks a person, and goes on when resumed', async () => {
    const world = await begin(SHORT);
    await until(world, 'Baking');
    const edit = () => {
      world.endpoints.editTraffic('heart', { [Object.keys(world.endpoints.trafficOf('heart'))[0] ?? '']: 100 });
    };
    for (let i = 0; i < 3; i += 1) {
      edit();
      await world.run({ forMs: 3 * MINUTE });
      expect(canaryWeight(world)).toBe(10);
    }
    edit();
    await world.run({ forMs: 3 * MINUTE });
    expect((await world.rollout(TWO)).pause).toEqual(['external-change']);
    expect(canaryWeight(world)).toBe(0);

    await commandRollout(world.services, TWO, { commandId: 'c', type: 'resume', actor: 'ada' }, CAUSE);
    await until(world, 'Holding');
    expect(canaryWeight(world)).toBe(100);
  });

  it('waits with backoff for a rollback that the platform refuses, for ever, and says so once', async () => {
    const world = await begin(SHORT);
    await until(world, 'Baking');
    world.endpoints.failures.set('putTraffic', new SlipwayError('RESOURCE_CONFLICT', 'Updating'));
    await commandRollout(world.services, TWO, { commandId: 'c', type: 'abort', actor: 'ada' }, CAUSE);
    await world.run({ forMs: 5 * HOUR });
    expect((await world.rollout(TWO)).phase).toBe('RollingBack');
    expect(reasons(world).filter((reason) => reason === 'rollback-unverified')).toHaveLength(1);

    world.endpoints.failures.clear();
    await world.run({ forMs: 2 * MINUTE });
    expect((await world.rollout(TWO)).phase).toBe('Cleanup');
    expect(canaryWeight(world)).toBe(0);
  });

  it('comes back by itself when the platform cannot be asked', async () => {
    const world = await begin(SHORT);
    await until(world, 'Baking');
    world.endpoints.failures.set('getEndpoint', new SlipwayError('TEMPORARILY_UNAVAILABLE', 'down'));
    await world.run({ forMs: HOUR });
    expect(world.outcomes.at(-1)).toBe('postponed');

    world.endpoints.failures.clear();
    await until(world, 'Holding');
  });

  it('does not touch traffic while stable is gone', async () => {
    const world = await begin(SHORT);
    await until(world, 'Baking');
    const stable = Object.keys(world.endpoints.trafficOf('heart')).find((name) => name.startsWith('v1')) ?? '';
    world.endpoints.removeDeployment('heart', stable);
    await world.run({ forMs: HOUR });

    expect((await world.rollout(TWO)).pause).toEqual(['external-change']);
    expect(canaryWeight(world)).toBe(10);
  });

  it('puts traffic right once more when a late write lands after the end', async () => {
    const world = await begin(SHORT);
    await until(world, 'Baking');
    const before = world.endpoints.trafficOf('heart');
    await commandRollout(world.services, TWO, { commandId: 'c', type: 'abort', actor: 'ada' }, CAUSE);
    await until(world, 'Cleanup');
    world.endpoints.editTraffic('heart', before);
    await world.run({ forMs: 2 * MINUTE });

    expect(canaryWeight(world)).toBe(0);
    expect(reasons(world)).toContain('traffic-corrected');
  });

  it('keeps the old version where the policy says keep', async () => {
    const world = await begin({ ...SHORT, hold: { duration: 'PT5M' }, retire: { action: 'keep' } });
    await until(world, 'Succeeded');

    expect(world.endpoints.deploymentsOf('heart')).toHaveLength(2);
  });
});
