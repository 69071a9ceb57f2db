import { describe, expect, it } from 'vitest';
import { sweepWakeUps } from '../../../shared/platform/sweep-wake-ups.ts';
import { rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { observeEndpoint } from '../../../shared/rollout/observe-endpoint.ts';
import { onDrift } from '../../../shared/rollout/on-drift.ts';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import type { Phase } from '../../../shared/rollout/rollout.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const TWO = rolloutId('heart', 'heart-classifier', '2', 1);

const begin = async (raw: Record<string, unknown> = {}): Promise<RolloutWorld> => {
  const world = createRolloutWorld();
  await world.services.policies.put(policyOf({ preset: 'fast', ...raw }), undefined);
  for (const version of ['1', '2']) {
    await planRollout(world.services, { model: 'heart-classifier', version, tags: {} }, CAUSE);
    if (version === '1') await world.run({ forMs: HOUR });
  }
  return world;
};

const until = (world: RolloutWorld, phase: Phase) =>
  world.run({ forMs: 3 * HOUR, done: async () => (await world.rollout(TWO)).phase === phase });

const drift = (world: RolloutWorld, more: Record<string, unknown> = {}, causedBy = 'evt-drift') =>
  onDrift(
    world.services,
    { endpoint: 'heart', monitor: 'heart-inputs', driftScore: 0.31, ...more },
    { causedBy, correlationId: 'cor-3' },
  );

describe('drift during a rollout', () => {
  it.each([
    ['hold', 'held', ['drift'], {}],
    ['notify', 'none', [], {}],
    ['rollback', 'held', ['drift'], { version: '1' }],
  ] as const)('under %s is %s', async (then, outcome, pause, more) => {
    const world = await begin({ drift: { then } });
    await until(world, 'Baking');

    await expect(drift(world, more)).resolves.toBe(outcome);

    expect((await world.rollout(TWO)).pause).toEqual(pause);
  });

  it('rolls back the canary that drifted', async () => {
    const world = await begin({ drift: { then: 'rollback' } });
    await until(world, 'Baking');

    await expect(drift(world, { version: '2' })).resolves.toBe('rolled-back');
    await until(world, 'Cleanup');

    expect((await world.rollout(TWO)).outcome).toMatchObject({
      reason: 'drift',
      message: 'monitor heart-inputs found drift of 0.31',
    });
  });

  it('is applied once per finding', async () => {
    const world = await begin();
    await until(world, 'Baking');

    await drift(world);

    await expect(drift(world)).resolves.toBe('known');
    await expect(drift(world, {}, 'evt-other')).resolves.toBe('none');
    expect(world.journal().filter(({ type }) => type === 'slipway.rollout.paused')).toMatchObject([
      { causedBy: 'evt-drift', data: { reason: 'drift', message: 'monitor heart-inputs found drift of 0.31' } },
    ]);
  });

  it('is nothing to an endpoint without a rollout', async () => {
    const world = createRolloutWorld();

    await expect(drift(world)).resolves.toBe('none');
  });
});

describe('observing an endpoint', () => {
  it('records deployments and tells whose health changed, once', async () => {
    const world = await begin();
    await until(world, 'Baking');

    await expect(observeEndpoint(world.services, 'heart', CAUSE)).resolves.toBe(true);
    await expect(observeEndpoint(world.services, 'heart', CAUSE)).resolves.toBe(false);

    const record = (await world.services.rollouts.readEndpoint('heart'))?.value;
    expect(record?.provisioningState).toBe('Succeeded');
    expect(record?.deployments.map(({ model, health }) => [model?.version, health])).toEqual([
      ['1', 'ready'],
      ['2', 'ready'],
    ]);
    const told = world.journal().filter(({ type }) => type.startsWith('slipway.deployment'));
    expect(told.map(({ type }) => type)).toEqual(['slipway.deployment.ready', 'slipway.deployment.ready']);
  });

  it('tells when a deployment fails, and keeps the rollout of the endpoint', async () => {
    const world = await begin();
    await until(world, 'Baking');
    await observeEndpoint(world.services, 'heart', CAUSE);
    world.endpoints.behaviours.set('2', { errorRate: 0, latencyMs: 1, broken: 'out of memory' });

    await observeEndpoint(world.services, 'heart', CAUSE);

    const record = (await world.services.rollouts.readEndpoint('heart'))?.value;
    expect(record?.activeRolloutId).toBe(TWO);
    expect(world.journal().find(({ type }) => type === 'slipway.deployment.failed')).toMatchObject({
      data: { endpoint: 'heart', model: 'heart-classifier', version: '2', message: 'out of memory' },
    });
  });

  it('knows nothing of an endpoint that is nowhere', async () => {
    const world = createRolloutWorld();

    await expect(observeEndpoint(world.services, 'nowhere', CAUSE)).resolves.toBe(false);
    expect(world.documents.all()).toEqual([]);
  });
});

describe('sweeping', () => {
  it('sends lost ticks again, and only those', async () => {
    const world = await begin();
    await until(world, 'Baking');
    world.queue.length = 0;
    const { wakeUp } = await world.rollout(TWO);
    const wakingKinds = [{ documents: world.documents, kind: 'rollout' }];
    const sweep = () => sweepWakeUps({ ...world.services, wakingKinds });

    await expect(sweep()).resolves.toBe(0);
    await world.run({ forMs: 3 * MINUTE });
    await expect(sweep()).resolves.toBe(1);

    expect(world.queue.map(({ message }) => message)).toEqual([wakeUp?.message]);
    await until(world, 'Holding');
  });
});
