import { beforeEach, describe, expect, it } from 'vitest';
import { modelUsesOf, packagesOf } from '../../../functions/neighbours.ts';
import { createPackageStore } from '../../../shared/packaging/package-store.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { deleteVersion } from '../../../shared/registry/delete-version.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import { rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { observeEndpoint } from '../../../shared/rollout/observe-endpoint.ts';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import type { Phase } from '../../../shared/rollout/rollout.ts';
import type { RolloutServices } from '../../../shared/rollout/services.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { callMlflow, createRegistryServices } from '../../support/registry/registry-server.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const MODEL = 'heart-classifier';
const POLICY = {
  steps: [
    { kind: 'traffic', weight: 10, bake: 'PT5M', minSamples: 50 },
    { kind: 'traffic', weight: 100 },
  ],
  analysis: { interval: 'PT30S', ingestionDelay: 'PT10S' },
  hold: { duration: 'PT10M' },
};
const id = (version: string) => rolloutId('heart', MODEL, version, 1);

let world: RolloutWorld;
let registry: ReturnType<typeof createRegistryServices>;

beforeEach(async () => {
  world = createRolloutWorld();
  registry = createRegistryServices(createMemoryDocuments(), { modelUses: modelUsesOf(world.services) });
  await createModel(registry, { name: MODEL }, CAUSE);
  for (const number of [1, 2, 3]) await createVersion(registry, { name: MODEL, source: `s3://b/${number}` }, CAUSE);
  await world.services.policies.put(policyOf(POLICY), undefined);
});

const plan = (version: string, services: RolloutServices = world.services) =>
  planRollout(services, { model: MODEL, version, tags: {} }, { ...CAUSE, causedBy: `evt-${version}` });
const until = (version: string, phase: Phase) =>
  world.run({ forMs: 3 * HOUR, done: async () => (await world.rollout(id(version))).phase === phase });
const remove = (version: string) => callMlflow(registry, 'DELETE', 'model-versions/delete', { name: MODEL, version });
const removeModel = () => callMlflow(registry, 'DELETE', 'registered-models/delete', { name: MODEL });
const rename = () => callMlflow(registry, 'POST', 'registered-models/rename', { name: MODEL, new_name: 'lung' });

const SERVES = (version: string) =>
  `version ${version} serves endpoint heart as deployment ${'v'}${version}-[0-9a-f]{4} \\(roll out another version there first, or delete the endpoint\\)`;
const TAKEN = (version: string, doing = 'is taking') =>
  `rollout ${id(version)} ${doing} version ${version} to endpoint heart \\(abort it, or wait for its end\\)`;

describe('a version in use', () => {
  it('is not deleted while a rollout takes it to an endpoint, nor the version it would replace', async () => {
    await plan('1');
    await until('1', 'Succeeded');
    await plan('2');
    await until('2', 'Baking');

    const prefix = `^Model Version \\(name=${MODEL}, version=`;
    const inUse = '\\) cannot be deleted while it is in use: ';
    for (const [version, use] of [['1', SERVES('1')] as const, ['2', TAKEN('2')] as const]) {
      const { status, json } = await remove(version);
      expect(status).toBe(409);
      expect(json).toMatchObject({ error_code: 'RESOURCE_CONFLICT' });
      expect(json.message).toMatch(new RegExp(`${prefix}${version}${inUse}${use}$`));
    }
    expect((await remove('3')).status).toBe(200);
  });

  it('keeps its model from being deleted and renamed, and all uses are named', async () => {
    await plan('1');
    await until('1', 'Succeeded');
    await plan('2');
    await until('2', 'Baking');

    const uses = `${TAKEN('2')}; ${SERVES('1')}$`;
    expect((await removeModel()).json.message).toMatch(
      new RegExp(`^Registered Model with name=${MODEL} cannot be deleted while it is in use: ${uses}`),
    );
    expect((await rename()).json.message).toMatch(
      new RegExp(`^Registered Model with name=${MODEL} cannot be renamed while it is in use: ${uses}`),
    );
    await expect(
      deleteModel(registry, MODEL, CAUSE).catch((error: SlipwayError) => [error.code, error.details]),
    ).resolves.toEqual(['RESOURCE_CONFLICT', { model: MODEL, version: '2', endpoint: 'heart', rollout: id('2') }]);
  });

  it('is in use while its rollout waits', async () => {
    await plan('1');
    await until('1', 'Succeeded');
    await plan('2');
    await until('2', 'Baking');
    await plan('3');

    expect((await remove('3')).json.message).toMatch(new RegExp(TAKEN('3', 'waits to take')));
  });

  it('can go as soon as its rollout was taken back, while its deployment is still there', async () => {
    await plan('1');
    await until('1', 'Succeeded');
    world.endpoints.behaviours.set('2', { errorRate: 0.9, latencyMs: 20 });
    await plan('2');
    await until('2', 'Cleanup');
    await observeEndpoint(world.services, 'heart', CAUSE);

    expect((await remove('2')).status).toBe(200);
    expect((await remove('1')).status).toBe(409);
  });

  it('is in use when somebody else gave its deployment traffic', async () => {
    await plan('1');
    await until('1', 'Succeeded');
    await world.endpoints.putDeployment('heart', 'mine', {
      image: 'i',
      model: { name: MODEL, version: '3' },
      instanceType: 's',
      instanceCount: 1,
      environmentVariables: {},
      requestTimeoutMs: 5_000,
      collectData: false,
    });
    await world.run({ forMs: HOUR });
    await observeEndpoint(world.services, 'heart', CAUSE);
    const uses = modelUsesOf(world.services);

    await expect(uses.of(MODEL, '3')).resolves.toEqual([]);
    const stable = Object.keys(world.endpoints.trafficOf('heart'))[0] ?? '';
    world.endpoints.editTraffic('heart', { [stable]: 90, mine: 10 });
    await expect(uses.of(MODEL, '3')).resolves.toMatchObject([
      { by: 'version 3 serves endpoint heart as deployment mine' },
    ]);
  });

  it('is free when its deployment is gone from the platform, and kept while that cannot say', async () => {
    await plan('1');
    await until('1', 'Succeeded');
    world.endpoints.failures.set('listDeployments', new SlipwayError('TEMPORARILY_UNAVAILABLE', 'busy'));
    expect((await remove('1')).status).toBe(409);

    world.endpoints.failures.clear();
    const { deployment = '' } = (await world.services.rollouts.readEndpoint('heart'))?.value.stable ?? {};
    world.endpoints.removeDeployment('heart', deployment);
    expect((await remove('1')).status).toBe(200);
  });

  it('is one of this model, not of another that is named alike', async () => {
    await plan('1');
    await until('1', 'Succeeded');
    await createModel(registry, { name: 'heart' }, CAUSE);
    await createVersion(registry, { name: 'heart', source: 's3://b/1' }, CAUSE);

    await deleteVersion(registry, { name: 'heart', version: '1' }, CAUSE);
    await renameModel(registry, { name: 'heart', newName: 'liver' }, CAUSE);
    await deleteModel(registry, 'liver', CAUSE);
  });

  it('names at most five uses, and how many more there are', async () => {
    const use = { version: '1', endpoint: 'e', by: 'it is used', instead: 'stop it' };
    const many = { ...registry, modelUses: { of: async () => Array.from({ length: 7 }, () => use) } };

    await expect(deleteModel(many, MODEL, CAUSE)).rejects.toThrow(/(it is used \(stop it\); ){5}and 2 more$/);
  });

  it('is looked for on every page of endpoints', async () => {
    for (let i = 0; i < 120; i += 1) {
      const name = `e-${String(i).padStart(3, '0')}`;
      await world.services.policies.put(
        policyOf({ ...POLICY, selector: { endpoint: name, model: MODEL }, name }),
        undefined,
      );
    }
    await world.services.policies.delete('p', undefined);
    const all = await world.services.policies.list();
    for (const { policy } of all) {
      const one = { ...world.services.policies, list: async () => [{ policy, rev: 1 }] };
      await plan('1', { ...world.services, policies: one });
    }

    expect(await modelUsesOf(world.services).of(MODEL, '1')).toHaveLength(120);
  });
});

describe('a version that was deleted while its rollout began', () => {
  it.each([
    [
      'version',
      () => deleteVersion({ ...registry, modelUses: { of: async () => [] } }, { name: MODEL, version: '2' }, CAUSE),
    ],
    ['model', () => deleteModel({ ...registry, modelUses: { of: async () => [] } }, MODEL, CAUSE)],
  ])('fails the rollout with that reason: the %s', async (_, removeIt) => {
    const packageStore = createPackageStore(createMemoryDocuments());
    const packages = packagesOf({ ...registry, packageStore });
    const services = { ...world.services, packages: { ...world.services.packages, state: packages.state } };
    Object.assign(world.services, { packages: services.packages });
    await plan('2', services);
    await removeIt();
    await world.run({ forMs: HOUR });

    expect(await world.rollout(id('2'))).toMatchObject({
      phase: 'Failed',
      outcome: { reason: 'package-refused', message: `version 2 of '${MODEL}' was deleted` },
    });
    expect(world.endpoints.changes).toEqual([]);
    await expect(plan('2', services)).resolves.toEqual({ kind: 'known', rolloutId: id('2') });
  });
});
