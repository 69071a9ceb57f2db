import { describe, expect, it } from 'vitest';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const HOUR = 3_600_000;

const FAST = {
  steps: [
    { kind: 'smoke' },
    { kind: 'traffic', weight: 10, bake: 'PT2M', minSamples: 50 },
    { kind: 'traffic', weight: 50, bake: 'PT2M', minSamples: 100 },
    { kind: 'traffic', weight: 100 },
  ],
  analysis: { interval: 'PT30S', ingestionDelay: 'PT10S' },
  hold: { duration: 'PT10M' },
};

const worldWith = async (raw: Record<string, unknown> = FAST, options = {}): Promise<RolloutWorld> => {
  const world = createRolloutWorld(options);
  await world.services.policies.put(policyOf(raw), undefined);
  return world;
};

const register = (world: RolloutWorld, version: string) =>
  planRollout(
    world.services,
    { model: 'heart-classifier', version, tags: {} },
    { ...CAUSE, causedBy: `evt-${version}` },
  );

const told = (world: RolloutWorld): string[] =>
  world.journal().map(({ type, data }) => {
    const { phase, version, reason } = data as { phase?: string; version?: string; reason?: string };
    return [version, type.replace('slipway.', ''), phase, reason].filter((part) => part !== undefined).join(' ');
  });

describe('a rollout from registration to the end', () => {
  it('takes the first version of an endpoint straight to all traffic', async () => {
    const world = await worldWith();

    await register(world, '1');
    await world.run({ forMs: HOUR });

    expect(told(world)).toEqual([
      '1 rollout.started Provisioning',
      '1 rollout.stepped Smoke',
      '1 rollout.stepped Shifting',
      '1 rollout.promoted Holding',
      '1 rollout.stepped Retiring',
      '1 rollout.succeeded Succeeded',
    ]);
    expect(world.champions).toEqual(['heart-classifier:1']);
    expect(Object.values(world.endpoints.trafficOf('heart'))).toEqual([100]);
  });

  it('takes the next version there step by step and retires the one before', async () => {
    const world = await worldWith();

    await register(world, '1');
    await world.run({ forMs: HOUR });
    await register(world, '2');
    await world.run({ forMs: HOUR });

    expect(told(world).slice(6)).toEqual([
      '2 rollout.started Provisioning',
      '2 rollout.stepped Smoke',
      '2 rollout.stepped Shifting',
      '2 rollout.stepped Baking',
      '2 rollout.stepped Shifting',
      '2 rollout.stepped Baking',
      '2 rollout.stepped Shifting',
      '2 rollout.promoted Holding',
      '2 rollout.stepped Retiring',
      '2 rollout.succeeded Succeeded',
      '1 deployment.retired',
    ]);
    expect(world.champions).toEqual(['heart-classifier:1', 'heart-classifier:2']);
    expect(world.endpoints.deploymentsOf('heart')).toHaveLength(1);
  });

  it('sends everything back to stable when the canary fails', async () => {
    const world = await worldWith();
    world.endpoints.behaviours.set('2', { errorRate: 0.6, latencyMs: 20 });

    await register(world, '1');
    await world.run({ forMs: HOUR });
    await register(world, '2');
    await world.run({ forMs: 2 * HOUR });

    expect(told(world).slice(6)).toEqual([
      '2 rollout.started Provisioning',
      '2 rollout.stepped Smoke',
      '2 rollout.stepped Shifting',
      '2 rollout.stepped Baking',
      '2 rollout.stepped RollingBack gate-failed',
      '2 rollout.rolled-back Cleanup gate-failed',
      '2 rollout.stepped RolledBack gate-failed',
      '2 deployment.retired',
    ]);
    expect(world.champions).toEqual(['heart-classifier:1']);
    expect(world.endpoints.deploymentsOf('heart')).toHaveLength(1);
  });
});
