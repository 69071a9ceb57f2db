import { describe, expect, it } from 'vitest';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import { CAUSE, Crash, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;

const POLICY = {
  steps: [
    { kind: 'smoke', repeat: 2 },
    { kind: 'traffic', weight: 20, bake: 'PT1M', minSamples: 20 },
    { kind: 'traffic', weight: 100 },
  ],
  analysis: { interval: 'PT30S', ingestionDelay: 'PT10S' },
  hold: { duration: 'PT1M' },
  rollback: { keepCanary: 'PT1M' },
};

const plan = (world: RolloutWorld, version: string) =>
  planRollout(
    world.services,
    { model: 'heart-classifier', version, tags: {} },
    { ...CAUSE, causedBy: `evt-${version}` },
  );

/** What the journal says of version 2, without instants. */
const story = (world: RolloutWorld): string[] =>
  world
    .journal()
    .filter(({ causedBy }) => causedBy === 'evt-2')
    .map(({ type, data }) => {
      const { phase = '', reason = '', traffic = {} } = data as Record<string, unknown>;
      return `${type} ${String(phase)} ${String(reason)} ${JSON.stringify(Object.values(traffic as object).sort())}`;
    });

const SETUPS = {
  'a good version': () => undefined,
  'a failing canary': (world: RolloutWorld) => {
    world.endpoints.behaviours.set('2', { errorRate: 0.7, latencyMs: 20 });
  },
  'a deployment that never comes up': (world: RolloutWorld) => {
    world.endpoints.behaviours.set('2', { errorRate: 0, latencyMs: 20, broken: 'container exited with code 1' });
  },
} satisfies Record<string, (world: RolloutWorld) => void>;

type Setup = keyof typeof SETUPS;

const begin = async (setup: Setup, options = {}): Promise<RolloutWorld> => {
  const world = createRolloutWorld(options);
  await world.services.policies.put(policyOf(POLICY), undefined);
  await plan(world, '1');
  await world.run({ forMs: HOUR });
  SETUPS[setup](world);
  return world;
};

/** Plans version 2 and runs it to the end; the registration is delivered again when its worker dies. */
const finish = async (world: RolloutWorld, crashAt: number): Promise<void> => {
  world.points.count = 0;
  world.points.crashAt = crashAt;
  await plan(world, '2').catch(async (error: unknown) => {
    if (!(error instanceof Crash)) throw error;
    await plan(world, '2');
  });
  await world.run({ forMs: 2 * HOUR });
};

/**
 * What must not depend on when a worker died. A minute lost may let a gate fail before the bake begins, and a lost
 * write of a deployment that fails anyway is one write less.
 */
const ending = (world: RolloutWorld) => ({
  story: story(world).filter((line) => !line.includes('Baking')),
  champions: world.champions,
  traffic: Object.values(world.endpoints.trafficOf('heart')),
  deployments: world.endpoints.deploymentsOf('heart').length,
  changes: world.endpoints.changes
    .map((change) => change.replaceAll(/v\d+-[0-9a-f]{4}/g, (name) => name.slice(0, 2)))
    .filter((change, i, all) => change !== all[i - 1]),
});

describe('a worker that dies at any point of any tick', () => {
  it.each(Object.keys(SETUPS) as Setup[])('changes neither the end nor the journal of %s', async (setup) => {
    const calm = await begin(setup);
    await finish(calm, Number.POSITIVE_INFINITY);
    const expected = ending(calm);
    const points = calm.points.count;
    expect(points).toBeGreaterThan(100);

    for (let crashAt = 1; crashAt <= points; crashAt += 1) {
      const world = await begin(setup);
      await finish(world, crashAt);
      expect({ crashAt, ...ending(world) }).toEqual({ crashAt, ...expected });
    }
  });

  it.each([
    ['every message comes twice', { duplicateMessages: true }],
    ['reads lag 20 s behind writes', { readLagMs: 20_000 }],
    ['reads lag 2 min behind writes', { readLagMs: 2 * MINUTE }],
  ])('ends the same when %s', async (_, options) => {
    const calm = await begin('a good version');
    await finish(calm, Number.POSITIVE_INFINITY);
    const world = await begin('a good version', options);
    await finish(world, Number.POSITIVE_INFINITY);

    expect(ending(world)).toEqual(ending(calm));
  });
});
