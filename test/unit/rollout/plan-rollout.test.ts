import { describe, expect, it } from 'vitest';
import { deploymentName, rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { planRollout, startByHand } from '../../../shared/rollout/plan-rollout.ts';
import { endpointNameFor, selectPolicy } from '../../../shared/rollout/select-policy.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const HOUR = 3_600_000;
const DEPLOYMENT_NAME = /^[A-Za-z](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){2,31}$/;

const QUICK = {
  steps: [
    { kind: 'traffic', weight: 10, bake: 'PT2M', minSamples: 50 },
    { kind: 'traffic', weight: 100 },
  ],
  analysis: { interval: 'PT30S', ingestionDelay: 'PT10S' },
  hold: { duration: 'PT10M' },
};

const worldWith = async (...policies: readonly Record<string, unknown>[]): Promise<RolloutWorld> => {
  const world = createRolloutWorld();
  for (const raw of policies) await world.services.policies.put(policyOf({ ...QUICK, ...raw }), undefined);
  return world;
};

const register = (world: RolloutWorld, version: string, rest: Record<string, unknown> = {}) =>
  planRollout(
    world.services,
    { model: 'heart-classifier', version, tags: {}, ...rest },
    { ...CAUSE, causedBy: `evt-${version}` },
  );

const id = (version: string, attempt = 1) => rolloutId('heart', 'heart-classifier', version, attempt);

const phaseOf = async (world: RolloutWorld, version: string) => (await world.rollout(id(version))).phase;

describe('planning a rollout', () => {
  it('does nothing without a policy for the model', async () => {
    const world = await worldWith({ selector: { endpoint: 'other', model: 'other' } });

    await expect(register(world, '1')).resolves.toEqual({
      kind: 'none',
      reason: "no policy is about model 'heart-classifier'",
    });
    expect(world.documents.all()).toEqual([]);
  });

  it('does nothing by itself under a manual policy, but starts by hand', async () => {
    const world = await worldWith({ trigger: 'manual' });

    await expect(register(world, '1')).resolves.toMatchObject({ kind: 'none' });
    await expect(startByHand(world.services, { model: 'heart-classifier', version: '1' }, CAUSE)).resolves.toEqual({
      rolloutId: id('1'),
    });
  });

  it('refuses to choose between two policies', async () => {
    const world = await worldWith({}, { name: 'q' });

    await expect(register(world, '1')).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('refuses a policy that the metrics provider cannot serve', async () => {
    const world = createRolloutWorld({ granularityMs: 60_000 });
    await world.services.policies.put(policyOf(QUICK), undefined);

    await expect(register(world, '1')).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('finds the rollout of a registration that is delivered again, whatever became of it', async () => {
    const world = await worldWith({});

    await expect(register(world, '1')).resolves.toEqual({ kind: 'started', rolloutId: id('1') });
    await expect(register(world, '1')).resolves.toEqual({ kind: 'known', rolloutId: id('1') });
    await world.run({ forMs: HOUR });
    await expect(register(world, '1')).resolves.toEqual({ kind: 'known', rolloutId: id('1') });
    expect(world.journal().filter(({ type }) => type === 'slipway.rollout.started')).toHaveLength(1);
  });

  it('puts a newer version in the place of one without live traffic', async () => {
    const world = await worldWith({});
    await register(world, '1');
    await world.run({ forMs: HOUR });
    await register(world, '2');

    await expect(register(world, '3')).resolves.toMatchObject({ kind: 'queued' });
    await world.run({ forMs: 2 * HOUR });

    await expect(phaseOf(world, '2')).resolves.toBe('Superseded');
    await expect(phaseOf(world, '3')).resolves.toBe('Succeeded');
    expect(world.champions).toEqual(['heart-classifier:1', 'heart-classifier:3']);
  });

  it('lets a version with live traffic finish first, and keeps only the newest waiting', async () => {
    const world = await worldWith({});
    await register(world, '1');
    await world.run({ forMs: HOUR });
    await register(world, '2');
    await world.run({ forMs: 60_000 });

    await register(world, '3');
    await register(world, '4');
    await world.run({ forMs: 2 * HOUR });

    expect([await phaseOf(world, '2'), await phaseOf(world, '3'), await phaseOf(world, '4')]).toEqual([
      'Succeeded',
      'Superseded',
      'Succeeded',
    ]);
    expect(world.champions.map((champion) => champion.split(':')[1])).toEqual(['1', '2', '4']);
  });

  it('takes live traffic from the active version when the policy says supersede', async () => {
    const world = await worldWith({ onNewerVersion: 'supersede' });
    await register(world, '1');
    await world.run({ forMs: HOUR });
    await register(world, '2');
    await world.run({ forMs: 60_000 });

    await register(world, '3');
    await world.run({ forMs: 2 * HOUR });

    expect([await phaseOf(world, '2'), await phaseOf(world, '3')]).toEqual(['Superseded', 'Succeeded']);
  });

  it('records a version as superseded when the policy rejects it, and never tries it again', async () => {
    const world = await worldWith({ onNewerVersion: 'reject' });
    await register(world, '1');

    await expect(register(world, '2')).resolves.toMatchObject({ kind: 'refused', reason: 'busy', rolloutId: id('2') });
    await world.run({ forMs: HOUR });
    await expect(register(world, '2')).resolves.toEqual({ kind: 'known', rolloutId: id('2') });
    await expect(phaseOf(world, '2')).resolves.toBe('Superseded');
  });

  it('does not go back to an older version because its event came late', async () => {
    const world = await worldWith({});
    await register(world, '10');
    await world.run({ forMs: HOUR });

    await expect(register(world, '9')).resolves.toMatchObject({ kind: 'refused', reason: 'older' });
    await expect(
      startByHand(world.services, { model: 'heart-classifier', version: '8' }, CAUSE),
    ).resolves.toMatchObject({ rolloutId: id('8') });
  });

  it('keeps a version out that was rolled back, until a person starts it', async () => {
    const world = await worldWith({ selector: { endpoint: 'heart', model: 'heart-*', tags: { env: 'prod' } } });
    const prod = { tags: { env: 'prod' } };
    await register(world, '1', prod);
    await world.run({ forMs: HOUR });
    world.endpoints.behaviours.set('2', { errorRate: 0.9, latencyMs: 20 });
    await register(world, '2', prod);
    await world.run({ forMs: 2 * HOUR });

    const record = await world.services.rollouts.readEndpoint('heart');
    expect(record?.value.blocked).toEqual([
      { model: 'heart-classifier', version: '2', reason: 'gate-failed', rollout: id('2') },
    ]);

    world.endpoints.behaviours.delete('2');
    await startByHand(world.services, { model: 'heart-classifier', version: '2', policy: 'p' }, CAUSE);
    await world.run({ forMs: 2 * HOUR });

    expect((await world.rollout(id('2', 2))).phase).toBe('Succeeded');
    expect((await world.services.rollouts.readEndpoint('heart'))?.value.blocked).toEqual([]);
  });

  it('takes over an endpoint that serves already as its stable version', async () => {
    const world = await worldWith({});
    const spec = {
      image: 'i',
      model: { name: 'heart-classifier', version: '1' },
      instanceType: 's',
      instanceCount: 1,
      environmentVariables: {},
      requestTimeoutMs: 5_000,
      collectData: false,
    };
    await world.endpoints.ensureEndpoint('heart');
    await world.endpoints.putDeployment('heart', 'blue', spec);
    world.endpoints.editTraffic('heart', { blue: 100 });

    await register(world, '2');

    expect((await world.rollout(id('2'))).from).toEqual({
      deployment: 'blue',
      model: 'heart-classifier',
      version: '1',
    });
    await world.run({ forMs: HOUR });
    expect(world.endpoints.trafficPuts.map((traffic) => traffic['blue'] ?? 0)).toEqual([90, 0]);
  });

  it('refuses an endpoint whose traffic is shared: nobody can tell what is stable', async () => {
    const world = await worldWith({});
    await world.endpoints.ensureEndpoint('heart');
    world.endpoints.editTraffic('heart', { blue: 50, green: 50 });

    await expect(register(world, '2')).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });

  it('says by hand why it cannot start', async () => {
    const world = await worldWith({});
    await register(world, '1');

    await expect(startByHand(world.services, { model: 'heart-classifier', version: '1' }, CAUSE)).rejects.toMatchObject(
      {
        code: 'INVALID_STATE',
        details: { reason: 'already-active' },
      },
    );
    await expect(startByHand(world.services, { model: 'lung', version: '1' }, CAUSE)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});

describe('selecting a policy', () => {
  const candidate = { model: 'heart-classifier', version: '1', tags: { env: 'prod' } };

  it.each([
    ['the exact name', { model: 'heart-classifier' }, {}, true],
    ['another name', { model: 'heart' }, {}, false],
    ['a prefix', { model: 'heart*' }, {}, true],
    ['a prefix of another name', { model: 'lung*' }, {}, false],
    ['every name', { model: '*' }, {}, true],
    ['a tag it has', { model: '*', tags: { env: 'prod' } }, {}, true],
    ['a tag with another value', { model: '*', tags: { env: 'dev' } }, {}, false],
  ])('matches by %s', (_, selector, more, expected) => {
    const policy = policyOf({ selector: { endpoint: 'heart', ...selector } });

    expect(selectPolicy([policy], { ...candidate, ...more }, 'registration')).toBe(expected ? policy : undefined);
  });
});

describe('names', () => {
  it.each([
    ['heart', 'heart-classifier', 'heart'],
    ['{model}', 'heart-classifier', 'heart-classifier'],
    ['prod-{model}', 'iris', 'prod-iris'],
  ])('endpoint %s of model %s is %s', (endpoint, model, expected) => {
    expect(endpointNameFor(policyOf({ selector: { endpoint, model: '*' } }), model)).toBe(expected);
  });

  it.each(['heart_classifier', 'Ärzte', '1st', 'a', 'x'.repeat(80), 'a--b', 'team/model'])(
    'makes an endpoint name of model %s that no other model has',
    (model) => {
      const policy = policyOf({ selector: { endpoint: '{model}', model: '*' } });

      expect(endpointNameFor(policy, model)).toMatch(DEPLOYMENT_NAME);
      expect(endpointNameFor(policy, model)).not.toBe(endpointNameFor(policy, `${model}.`));
    },
  );

  it('names deployments by version and attempt', () => {
    const first = deploymentName('heart.ro_1', '2', []);

    expect(first).toMatch(/^v2-[0-9a-f]{4}$/);
    expect(deploymentName('heart.ro_1', '2', [])).toBe(first);
    expect(deploymentName('heart.ro_1', '2', [first])).toMatch(/^v2-[0-9a-f]{4}$/);
    expect(deploymentName('heart.ro_1', '2', [first])).not.toBe(first);
    expect(deploymentName('heart.ro_1', '9'.repeat(60), [])).toMatch(DEPLOYMENT_NAME);
  });

  it('says in a rollout id where the rollout is', () => {
    expect(id('1')).toMatch(/^heart\.ro_[0-9a-f]{24}$/);
    expect(id('1', 2)).not.toBe(id('1'));
  });
});
