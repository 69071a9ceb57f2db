import { describe, expect, it } from 'vitest';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { advanceRollout } from '../../../shared/rollout/advance-rollout.ts';
import { commandRollout } from '../../../shared/rollout/command-rollout.ts';
import { rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import { createRolloutStore } from '../../../shared/rollout/rollout-store.ts';
import type { RolloutServices } from '../../../shared/rollout/services.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const ONE = rolloutId('heart', 'heart-classifier', '1', 1);
const TICK = { endpoint: 'heart', rolloutId: ONE };

const begin = async (): Promise<RolloutWorld> => {
  const world = createRolloutWorld();
  await world.services.policies.put(policyOf({ preset: 'fast' }), undefined);
  await planRollout(world.services, { model: 'heart-classifier', version: '1', tags: {} }, CAUSE);
  world.queue.length = 0;
  return world;
};

/** Services whose next commit is overtaken by a command. */
const overtaken = (world: RolloutWorld): RolloutServices => {
  const store = createRolloutStore(world.documents);
  let done = false;
  return {
    ...world.services,
    rollouts: {
      ...store,
      commit: async (endpoint, writes) => {
        if (!done) {
          done = true;
          const command = { commandId: 'c', type: 'pause', actor: 'ada' } as const;
          await commandRollout({ ...world.services, rollouts: store }, ONE, command, CAUSE);
        }
        return store.commit(endpoint, writes);
      },
    },
  };
};

describe('a tick', () => {
  it('drops a message for a rev that is over', async () => {
    const world = await begin();

    await expect(advanceRollout(world.services, { ...TICK, rev: 1 })).resolves.toBe('advanced');
    await expect(advanceRollout(world.services, { ...TICK, rev: 1 })).resolves.toBe('stale');
    expect((await world.rollout(ONE)).rev).toBe(2);
  });

  it.each([
    ['rollout', { ...TICK, rolloutId: 'heart.ro_none' }],
    ['endpoint', { endpoint: 'nowhere', rolloutId: 'nowhere.ro_none' }],
  ])('drops a message about a %s that is gone', async (_, message) => {
    const world = await begin();

    await expect(advanceRollout(world.services, message)).resolves.toBe('gone');
  });

  it('does nothing once nothing is left to do', async () => {
    const world = await begin();
    await world.run({ forMs: 0 });
    await advanceRollout(world.services, TICK);
    await world.run({ forMs: 3_600_000 });

    await expect(advanceRollout(world.services, TICK)).resolves.toBe('idle');
  });

  it('comes back a little later when another worker has the endpoint', async () => {
    const world = await begin();
    const services: RolloutServices = { ...world.services, leases: { withLease: async () => ({ held: false }) } };

    await expect(advanceRollout(services, { ...TICK, rev: 1 })).resolves.toBe('busy');
    expect(world.queue).toEqual([{ at: world.now + 2_000, message: { ...TICK, rev: 1 } }]);
    expect((await world.rollout(ONE)).rev).toBe(1);
  });

  it('stores and does nothing when a command came between', async () => {
    const world = await begin();

    await expect(advanceRollout(overtaken(world), TICK)).resolves.toBe('overtaken');

    expect(await world.rollout(ONE)).toMatchObject({ rev: 2, pause: ['manual'], phase: 'Provisioning' });
    expect(world.endpoints.changes).toEqual([]);
    expect(world.queue.at(-1)).toEqual({ at: world.now + 2_000, message: TICK });
  });

  it('is for the queue to repeat when the documents hold something unknown', async () => {
    const world = await begin();
    await world.documents.commit('heart', [
      { op: 'upsert', value: { ...(await world.rollout(ONE)), schemaVersion: 2 } as never },
    ]);

    await expect(advanceRollout(world.services, TICK)).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('remembers what the platform refused, under the same rev', async () => {
    const world = await begin();
    world.endpoints.failures.set('putDeployment', new SlipwayError('INVALID_PARAMETER_VALUE', 'no such instance type'));
    await advanceRollout(world.services, TICK);
    await advanceRollout(world.services, TICK);

    const rollout = await world.rollout(ONE);
    expect(rollout.refusal).toEqual({ effect: 'put-deployment', message: 'no such instance type' });
    expect(rollout.wakeUp?.message).toMatchObject({ rev: rollout.rev });
  });

  it('serialises workers by endpoint', async () => {
    const world = await begin();
    const names: string[] = [];
    const leases: RolloutServices['leases'] = {
      withLease: async (name, work) => {
        names.push(name);
        return { held: true, result: await work() };
      },
    };

    await advanceRollout({ ...world.services, leases }, TICK);

    expect(names).toEqual(['endpoint-heart']);
  });
});
