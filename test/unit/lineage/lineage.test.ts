import { beforeEach, describe, expect, it } from 'vitest';
import { lineageRoutes } from '../../../functions/http/api/lineage.ts';
import { championOf, runsOf } from '../../../functions/neighbours.ts';
import { createMonitorStore } from '../../../shared/drift/monitor-store.ts';
import { recordDrift } from '../../../shared/drift/record-drift.ts';
import { createJournalReader } from '../../../shared/lineage/journal-reader.ts';
import { lineageSchema } from '../../../shared/lineage/lineage.ts';
import { readLineage } from '../../../shared/lineage/read-lineage.ts';
import type { LineageServices } from '../../../shared/lineage/services.ts';
import { createPackageStore } from '../../../shared/packaging/package-store.ts';
import { createCaller } from '../../../shared/platform/access/caller.ts';
import { type JournalEntry, journalEntry, journalWrite } from '../../../shared/platform/journal.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { deleteAlias, setAlias } from '../../../shared/registry/aliases.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { deleteVersion } from '../../../shared/registry/delete-version.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import type { RegistryServices } from '../../../shared/registry/services.ts';
import { transitionStage } from '../../../shared/registry/transition-stage.ts';
import { deleteVersionTag, setVersionTag } from '../../../shared/registry/update-version.ts';
import { observeEndpoint } from '../../../shared/rollout/observe-endpoint.ts';
import { planOnChange } from '../../../shared/rollout/plan-on-change.ts';
import { planRollout, startByHand } from '../../../shared/rollout/plan-rollout.ts';
import { recordRun } from '../../../shared/tracking/record-run.ts';
import { createTrackingStore } from '../../../shared/tracking/store.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';
import { createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const HOUR = 3_600_000;
const MODEL = 'my heart';
const ADA = { causedBy: 'request-1', correlationId: 'story-1', actor: 'ada' };
const BOB = { causedBy: 'request-2', correlationId: 'story-2', actor: 'bob' };
const POLICY = {
  selector: { endpoint: 'heart', model: MODEL },
  steps: [
    { kind: 'traffic', weight: 10, bake: 'PT2M', minSamples: 50 },
    { kind: 'traffic', weight: 100 },
  ],
  analysis: { interval: 'PT30S', ingestionDelay: 'PT10S' },
  hold: { duration: 'PT10M' },
};

let world: RolloutWorld;
let documents: MemoryDocuments;
let monitors: MemoryDocuments;
let tracking: MemoryDocuments;
let registry: RegistryServices;
let services: LineageServices;

beforeEach(async () => {
  world = createRolloutWorld();
  documents = createMemoryDocuments();
  monitors = createMemoryDocuments();
  tracking = createMemoryDocuments();
  const clock = () => {
    world.now = epochMs(world.now + 1);
    return world.now;
  };
  registry = createRegistryServices(documents, { clock });
  const packageStore = createPackageStore(documents);
  Object.assign(world.services, { champion: championOf({ registry: registry.registry, packageStore, clock }) });
  services = {
    registry: registry.registry,
    rollouts: world.services.rollouts,
    journals: { registry: documents, endpoints: world.documents, monitors },
    runs: runsOf({ trackingStore: createTrackingStore(tracking), tracking }),
  };
  await createModel(registry, { name: MODEL }, ADA);
});

const key = (version: string, name = MODEL) => ({ name, version });
const lineage = (version: string, name = MODEL) => readLineage(services, key(version, name));
const now = () => new Date(world.now).toISOString();

const register = async (number: number, more: Record<string, unknown> = {}) => {
  await createVersion(registry, { name: MODEL, source: `s3://bucket/${number}`, ...more }, ADA);
  const entry = entryOf('slipway.model.registered', String(number));
  return { causedBy: entry.id, correlationId: entry.correlationId };
};

const entryOf = (type: string, version: string, change?: string): JournalEntry<string, never> => {
  const found = documents
    .all()
    .map(({ value }) => value as JournalEntry<string, { version?: string; change?: string }>)
    .findLast(
      ({ type: is, data }) =>
        is === type && data.version === version && (change === undefined || data.change === change),
    );
  if (found === undefined) throw new Error(`no ${type} of ${version}`);
  return found as JournalEntry<string, never>;
};

const rollOut = async (number: number, more: Record<string, unknown> = {}) => {
  const cause = await register(number, more);
  await planRollout(world.services, { model: MODEL, version: String(number), tags: {} }, cause);
  await world.run({ forMs: HOUR });
};

const packaged = async (version: string) => {
  const { modelId = '' } = (await registry.registry.findModel(MODEL))?.value ?? {};
  const subject = `models/my%20heart/versions/${version}`;
  const built = { model: MODEL, version, image: 'r.example/h@sha256:abc', sizeBytes: 7, durationMs: 3 };
  const refused = { model: MODEL, version, code: 'no-signature', message: 'log it again' };
  await documents.commit(modelId, [
    journalWrite(
      journalEntry('package_0', { type: 'slipway.package.refused', subject, data: refused }, ADA, world.now),
    ),
    journalWrite(journalEntry('package_1', { type: 'slipway.package.built', subject, data: built }, ADA, world.now)),
  ]);
};

describe('the lineage of a version', () => {
  it('tells its whole story, in order', async () => {
    await world.services.policies.put(policyOf(POLICY), undefined);
    await world.services.policies.put(policyOf({ ...POLICY, name: 'q', trigger: { alias: 'challenger' } }), undefined);
    const run = { experimentId: '4', experimentName: 'hearts', runId: 'run_9', status: 'completed', at: now() };
    await recordRun(run, ADA, { tracking, clock: () => world.now });
    await rollOut(1, { runId: 'run_9', tags: [{ key: 'team', value: 'cardio' }] });
    await packaged('1');
    await observeEndpoint(world.services, 'heart', ADA);
    await setVersionTag(registry, { ...key('1'), key: 'team', value: 'hearts' }, BOB);
    await transitionStage(registry, { ...key('1'), stage: 'Production' }, BOB);
    const store = createMonitorStore(monitors);
    await store.define({ name: 'inputs', endpoint: 'heart' });
    const found = { name: 'inputs', driftScore: 0.31, from: undefined, to: undefined };
    await recordDrift(found, { ...ADA, causedBy: 'drift-1' }, { monitors: store, clock: () => world.now });
    const seen = now();

    world.endpoints.behaviours.set('2', { errorRate: 0.9, latencyMs: 20 });
    await rollOut(2);
    world.endpoints.behaviours.delete('2');
    await setAlias(registry, { ...key('2'), alias: 'challenger' }, BOB);
    const { id: causedBy, data } = entryOf('slipway.model.changed', '2', 'alias-set');
    await planOnChange({ ...world.services, registry: registry.registry }, data, { causedBy, correlationId: 'c' });
    await world.run({ forMs: 2 * HOUR });
    await transitionStage(registry, { ...key('2'), stage: 'Production', archiveExisting: true }, BOB);
    await deleteVersionTag(registry, { ...key('1'), key: 'team' }, BOB);

    const one = await lineage('1');
    expect(lineageSchema.parse(one)).toEqual(one);
    expect(one).toMatchObject({
      name: MODEL,
      version: '1',
      names: [MODEL],
      registered: {
        by: 'ada',
        causedBy: 'request-1',
        origin: 'mlflow',
        source: 's3://bucket/1',
        run: { runId: 'run_9', status: 'completed', experimentId: '4', experimentName: 'hearts' },
      },
      packages: [
        { refused: { code: 'no-signature', message: 'log it again' } },
        { image: 'r.example/h@sha256:abc', digest: 'sha256:abc', sizeBytes: 7, durationMs: 3 },
      ],
      rollouts: [{ endpoint: 'heart', policy: 'p', attempt: 1, on: 'registration', by: 'ada', phase: 'Succeeded' }],
      deployments: [{ endpoint: 'heart', health: 'retired', stable: false, rollout: one.rollouts[0]?.id }],
      stages: [
        { stage: 'Production', by: 'bob' },
        { stage: 'Archived', by: 'bob' },
      ],
      drift: [{ at: seen, monitor: 'inputs', state: 'detected', driftScore: 0.31, endpoint: 'heart' }],
      truncated: false,
    });
    expect(one).not.toHaveProperty('deletedAt');
    expect(one.aliases).toMatchObject([{ alias: 'champion', movedTo: '2' }]);
    expect(one.tags.map(({ value, to }) => [value, to !== undefined])).toEqual([
      ['cardio', true],
      ['hearts', true],
    ]);
    expect(one.tags[1]?.from).toBe(one.tags[0]?.to);
    expect(one.stages[0]?.to).toBe(one.stages[1]?.from);
    const [deployment] = one.deployments;
    expect(String(deployment?.from) < String(deployment?.to)).toBe(true);

    const two = await lineage('2');
    expect(lineageSchema.parse(two)).toEqual(two);
    expect(two.rollouts.map(({ on, by, phase, outcome }) => [on, by, phase, outcome?.reason])).toEqual([
      ['registration', 'ada', 'RolledBack', 'gate-failed'],
      ['alias challenger', 'bob', 'Succeeded', 'promoted'],
    ]);
    expect(two.rollouts[0]?.steps.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['slipway.rollout.started', 'slipway.rollout.stepped', 'slipway.rollout.rolled-back']),
    );
    expect(two.rollouts.every(({ at, endedAt = '' }) => at < endedAt)).toBe(true);
    expect(two.deployments.map(({ health, stable }) => [health, stable])).toEqual([
      ['retired', false],
      ['ready', true],
    ]);
    expect(two.deployments[1]).not.toHaveProperty('to');
    expect(two.aliases.map(({ alias, to }) => [alias, to])).toEqual([
      ['challenger', undefined],
      ['champion', undefined],
    ]);
    expect(two.drift).toEqual([]);
    for (const { events } of [one, two]) {
      expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).toSorted());
      expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
    }
    expect(two.events.map(({ type }) => type)).not.toContain('slipway.drift.detected');
  });

  it('names who started a rollout by hand, and no occasion', async () => {
    await world.services.policies.put(policyOf({ ...POLICY, trigger: 'manual' }), undefined);
    await register(1);
    await startByHand(world.services, { model: MODEL, version: '1' }, BOB);
    await world.run({ forMs: 5_000 });

    const [rollout] = (await lineage('1')).rollouts;
    expect(rollout).toMatchObject({ by: 'bob', causedBy: 'request-2' });
    expect(rollout).not.toHaveProperty('on');
    expect(rollout).not.toHaveProperty('endedAt');
  });

  it('is that of a version nobody rolled out, with a run that is tracked elsewhere', async () => {
    await register(1, { runId: 'elsewhere' });

    await expect(lineage('1')).resolves.toMatchObject({
      registered: { run: { runId: 'elsewhere' } },
      packages: [],
      rollouts: [],
      deployments: [],
      drift: [],
      events: [{ type: 'slipway.model.registered', by: 'ada' }],
    });
  });

  it('shows a deployment that failed, and why', async () => {
    await world.services.policies.put(policyOf(POLICY), undefined);
    world.endpoints.behaviours.set('1', { errorRate: 0, latencyMs: 1, broken: 'out of memory' });
    const cause = await register(1);
    await planRollout(world.services, { model: MODEL, version: '1', tags: {} }, cause);
    await world.run({ forMs: 5 * 60_000 });
    await observeEndpoint(world.services, 'heart', ADA);

    expect((await lineage('1')).deployments).toMatchObject([{ health: 'failed', message: 'out of memory' }]);
  });

  it('shows deployments that somebody else made', async () => {
    await register(1);
    await world.endpoints.ensureEndpoint('lab');
    await world.endpoints.putDeployment('lab', 'mine', {
      image: 'i',
      model: { name: MODEL, version: '1' },
      instanceType: 's',
      instanceCount: 1,
      environmentVariables: {},
      requestTimeoutMs: 5_000,
      collectData: false,
    });
    await world.run({ forMs: HOUR });
    await observeEndpoint(world.services, 'lab', ADA);

    const { deployments } = await lineage('1');
    expect(deployments).toEqual([
      { endpoint: 'lab', deployment: 'mine', from: expect.any(String), health: 'ready', stable: false },
    ]);
  });

  it('goes on under a new name, and is found under the old one', async () => {
    await world.services.policies.put(policyOf(POLICY), undefined);
    await rollOut(1);
    await renameModel(registry, { name: MODEL, newName: 'hearts' }, BOB);
    await setAlias(registry, { ...key('1', 'hearts'), alias: 'best' }, BOB);

    const renamed = await lineage('1', 'hearts');
    expect(renamed).toMatchObject({ name: 'hearts', names: [MODEL, 'hearts'], rollouts: [{ phase: 'Succeeded' }] });
    expect(renamed.aliases.map(({ alias }) => alias)).toEqual(['champion', 'best']);
    await expect(lineage('1')).resolves.toEqual(renamed);
  });

  it('does not take over what another model did under that name, before or after', async () => {
    await world.services.policies.put(policyOf(POLICY), undefined);
    await rollOut(1);
    const before = await lineage('1');
    await deleteModel(registry, MODEL, BOB);
    await world.run({ forMs: HOUR });
    await createModel(registry, { name: MODEL }, BOB);
    await register(1, { runId: 'other' });

    const after = await lineage('1');
    expect(after).toMatchObject({ registered: { run: { runId: 'other' } }, rollouts: [], deployments: [] });
    expect(after.modelId).not.toBe(before.modelId);
  });

  it.each([
    ['version', () => deleteVersion(registry, key('1'), BOB)],
    ['model', () => deleteModel(registry, MODEL, BOB)],
  ])('stays when its %s is deleted, and what it had ends there', async (_, remove) => {
    await world.services.policies.put(policyOf(POLICY), undefined);
    await rollOut(1, { tags: [{ key: 'team', value: 'cardio' }] });
    await remove();

    const { deletedAt, ...rest } = await lineage('1');
    expect(deletedAt).toBe(now());
    expect(rest).toMatchObject({
      name: MODEL,
      registered: { source: 's3://bucket/1' },
      rollouts: [{ phase: 'Succeeded' }],
      tags: [{ key: 'team', to: deletedAt }],
      aliases: [{ alias: 'champion', to: deletedAt }],
    });
  });

  it('ends an alias that was removed', async () => {
    await register(1);
    await setAlias(registry, { ...key('1'), alias: 'best' }, BOB);
    await deleteAlias(registry, { name: MODEL, alias: 'best' }, BOB);
    await setAlias(registry, { ...key('1'), alias: 'best' }, ADA);

    const { aliases } = await lineage('1');
    expect(aliases.map(({ alias, by, to }) => [alias, by, to !== undefined])).toEqual([
      ['best', 'bob', true],
      ['best', 'ada', false],
    ]);
    expect(aliases[0]).not.toHaveProperty('movedTo');
  });

  it.each([
    ['9', 'RESOURCE_DOES_NOT_EXIST'],
    ['x', 'INVALID_PARAMETER_VALUE'],
  ])('is refused for version %s', async (version, code) => {
    await register(1);

    await expect(lineage(version)).rejects.toMatchObject({ code });
    await expect(lineage(version, 'nobody')).rejects.toMatchObject({ code });
  });

  it('says when it does not show everything', async () => {
    await register(1);
    const { modelId = '' } = (await registry.registry.findModel(MODEL))?.value ?? {};
    const whole = createJournalReader(2);
    const part = createJournalReader(1);

    await expect(whole.read(documents, modelId, [])).resolves.toHaveLength(2);
    await expect(part.read(documents, modelId, [])).resolves.toHaveLength(1);
    expect([whole.truncated, part.truncated]).toEqual([false, true]);
  });

  it('is for those who may read the model by its name of today', async () => {
    await register(1);
    await renameModel(registry, { name: MODEL, newName: 'secret' }, BOB);
    const ask = (models: readonly string[]) =>
      lineageRoutes[0]?.handle({ params: key('1') } as never, services, {
        caller: createCaller('eve', [{ role: 'reader', models }]),
      } as never);

    await expect(ask([MODEL])).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await expect(ask([MODEL, 'secret'])).resolves.toMatchObject({ json: { name: 'secret' } });
  });
});
