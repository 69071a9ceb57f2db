import { beforeEach, describe, expect, it } from 'vitest';
import { modelChanged } from '../../../functions/events/model-changed.ts';
import type { EventData } from '../../../shared/events/catalogue.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { deleteAlias, setAlias } from '../../../shared/registry/aliases.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { deleteVersion } from '../../../shared/registry/delete-version.ts';
import { PROMPT_TAG } from '../../../shared/registry/prompt.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import type { RegistryServices } from '../../../shared/registry/services.ts';
import { transitionStage } from '../../../shared/registry/transition-stage.ts';
import { setVersionTag } from '../../../shared/registry/update-version.ts';
import { rolloutId } from '../../../shared/rollout/new-rollout.ts';
import { planOnChange } from '../../../shared/rollout/plan-on-change.ts';
import { planRollout } from '../../../shared/rollout/plan-rollout.ts';
import type { RolloutServices } from '../../../shared/rollout/services.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';
import { CAUSE, createRolloutWorld, policyOf, type RolloutWorld } from '../../support/rollout-world.ts';

const HOUR = 3_600_000;
const MODEL = 'heart-classifier';
const QUICK = {
  steps: [
    { kind: 'traffic', weight: 10, bake: 'PT2M', minSamples: 50 },
    { kind: 'traffic', weight: 100 },
  ],
  analysis: { interval: 'PT30S', ingestionDelay: 'PT10S' },
  hold: { duration: 'PT10M' },
};

type Changed = EventData<'slipway.model.changed'>;

let world: RolloutWorld;
let documents: MemoryDocuments;
let registry: RegistryServices;
let services: RolloutServices & RegistryServices;

const policy = (raw: Record<string, unknown>) => world.services.policies.put(policyOf({ ...QUICK, ...raw }), undefined);

beforeEach(async () => {
  world = createRolloutWorld();
  documents = createMemoryDocuments();
  registry = createRegistryServices(documents);
  services = { ...world.services, registry: registry.registry };
  await createModel(registry, { name: MODEL }, CAUSE);
  for (const number of [1, 2, 3]) await createVersion(registry, { name: MODEL, source: `s3://b/${number}` }, CAUSE);
});

/** The entries of the registry that `work` leads to. */
const told = async (work: () => Promise<unknown>): Promise<JournalEntry<string, Changed>[]> => {
  const journal = () =>
    documents
      .all()
      .map(({ value }) => value as JournalEntry<string, Changed>)
      .filter(({ kind }) => kind === 'journal');
  const before = new Set(journal().map(({ id }) => id));
  await work();
  return journal().filter(({ id }) => !before.has(id));
};

const alias = (name: string, version: string) =>
  told(() => setAlias(registry, { name: MODEL, alias: name, version }, CAUSE));
const unset = (name: string) => told(() => deleteAlias(registry, { name: MODEL, alias: name }, CAUSE));
const stage = (name: string, version: string, archiveExisting = false) =>
  told(() => transitionStage(registry, { name: MODEL, version, stage: name, archiveExisting }, CAUSE));

const deliver = ({ id, data }: JournalEntry<string, Changed>) =>
  planOnChange(services, data, { causedBy: id, correlationId: id });

const deliverAll = async (entries: readonly JournalEntry<string, Changed>[]) => {
  const outcomes = [];
  for (const entry of entries) outcomes.push(await deliver(entry));
  return outcomes;
};

const started = () =>
  world
    .journal()
    .filter(({ type }) => type === 'slipway.rollout.started')
    .map(({ data }) => (data as { version: string }).version);

const onlyOf = <T>(list: readonly T[]): T => {
  expect(list).toHaveLength(1);
  return list[0] as T;
};

describe('a policy that starts on an alias', () => {
  beforeEach(() => policy({ trigger: { alias: 'challenger' } }));

  it('leaves registrations alone', async () => {
    const registered = planRollout(services, { model: MODEL, version: '1', tags: {} }, CAUSE);

    await expect(registered).resolves.toEqual({
      kind: 'none',
      reason: 'no policy about the model starts on registration, but: p (alias challenger)',
    });
  });

  it('rolls out the version that the alias was set to, once per event', async () => {
    const entry = onlyOf(await alias('challenger', '2'));
    const id = rolloutId('heart', MODEL, '2', entry.id);

    await expect(deliver(entry)).resolves.toEqual({ kind: 'started', rolloutId: id });
    await expect(deliver(entry)).resolves.toEqual({ kind: 'known', rolloutId: id });
    await world.run({ forMs: HOUR });
    await expect(deliver(entry)).resolves.toEqual({ kind: 'known', rolloutId: id });

    expect(await world.rollout(id)).toMatchObject({ phase: 'Succeeded', attempt: 1, cause: { causedBy: entry.id } });
    expect(started()).toEqual(['2']);
  });

  it.each([
    ['another alias', () => alias('shadow', '2')],
    ['a stage', () => stage('Production', '2')],
    ['a tag', () => told(() => setVersionTag(registry, { name: MODEL, version: '2', key: 'a', value: 'b' }, CAUSE))],
    ['the alias that promotion sets', () => alias('champion', '2')],
    ['the removal of the alias', () => unset('challenger')],
  ])('starts nothing on %s', async (_, change) => {
    await alias('challenger', '1');

    for (const outcome of await deliverAll(await change())) expect(outcome).toMatchObject({ kind: 'none' });
    expect(started()).toEqual([]);
  });

  it('starts a new attempt when the alias is set again after a rollback, blocked or not', async () => {
    await deliverAll(await alias('challenger', '1'));
    await world.run({ forMs: HOUR });
    world.endpoints.behaviours.set('2', { errorRate: 0.9, latencyMs: 20 });
    const first = onlyOf(await alias('challenger', '2'));
    await deliver(first);
    await world.run({ forMs: 2 * HOUR });
    expect((await world.services.rollouts.readEndpoint('heart'))?.value.blocked).toMatchObject([{ version: '2' }]);

    world.endpoints.behaviours.delete('2');
    await unset('challenger');
    const again = onlyOf(await alias('challenger', '2'));
    await expect(deliver(first)).resolves.toMatchObject({ kind: 'known' });
    await expect(deliver(again)).resolves.toMatchObject({ kind: 'started' });
    await world.run({ forMs: 2 * HOUR });

    const second = await world.rollout(rolloutId('heart', MODEL, '2', again.id));
    expect(second).toMatchObject({ phase: 'Succeeded', attempt: 2 });
  });

  it('tells nothing when the alias points there already, so nothing is tried again', async () => {
    await alias('challenger', '2');

    await expect(alias('challenger', '2')).resolves.toEqual([]);
  });

  it('rolls out an older version that the alias was moved back to', async () => {
    await deliverAll(await alias('challenger', '3'));
    await world.run({ forMs: HOUR });

    await expect(deliverAll(await alias('challenger', '1'))).resolves.toMatchObject([{ kind: 'started' }]);
    await world.run({ forMs: HOUR });

    expect((await world.services.rollouts.readEndpoint('heart'))?.value.stable).toMatchObject({ version: '1' });
  });

  it('starts nothing for a version that is stable already', async () => {
    await deliverAll(await alias('challenger', '1'));
    await world.run({ forMs: HOUR });
    await unset('challenger');

    await expect(deliverAll(await alias('challenger', '1'))).resolves.toMatchObject([
      { kind: 'refused', reason: 'already-stable' },
    ]);
  });

  it('does not follow an alias that has moved on, whatever the order of events', async () => {
    const late = onlyOf(await alias('challenger', '2'));
    const now = onlyOf(await alias('challenger', '3'));

    await expect(deliver(now)).resolves.toMatchObject({ kind: 'started' });
    await expect(deliver(late)).resolves.toEqual({ kind: 'none', reason: 'alias challenger has moved on since' });
    expect(started()).toEqual(['3']);
  });

  it('selects by the tags that the version has now', async () => {
    await policy({ selector: { endpoint: 'heart', model: MODEL, tags: { team: 'cardio' } }, trigger: { alias: 'x' } });
    const entry = onlyOf(await alias('x', '2'));

    await expect(deliver(entry)).resolves.toMatchObject({ kind: 'none', reason: expect.stringContaining('tags') });
    await setVersionTag(registry, { name: MODEL, version: '2', key: 'team', value: 'cardio' }, CAUSE);
    await expect(deliver(entry)).resolves.toMatchObject({ kind: 'started' });
  });

  it('goes by the new name of a model that was renamed meanwhile', async () => {
    const entry = onlyOf(await alias('challenger', '2'));
    await renameModel(registry, { name: MODEL, newName: 'heart-2' }, CAUSE);
    await deliver(entry);

    expect((await world.rollout(rolloutId('heart', 'heart-2', '2', entry.id))).model).toBe('heart-2');
  });

  it.each([
    ['version', () => deleteVersion(registry, { name: MODEL, version: '2' }, CAUSE)],
    ['model', () => deleteModel(registry, MODEL, CAUSE)],
  ])('starts nothing when the %s was deleted meanwhile', async (what, remove) => {
    const entry = onlyOf(await alias('challenger', '2'));
    await remove();

    await expect(deliver(entry)).resolves.toEqual({ kind: 'none', reason: `the ${what} was deleted since` });
  });

  it('is delivered again while the registry shows less than the event tells of', async () => {
    const entry = onlyOf(await alias('challenger', '2'));
    const revision = (entry.data.revision ?? 0) + 1;

    await expect(deliver({ ...entry, data: { ...entry.data, revision } })).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
    });
    await expect(deliver({ ...entry, data: { ...entry.data, modelId: 'mo_unseen' } })).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
    });
  });

  it('starts nothing for an event of a release that did not say which model it was', async () => {
    const entry = onlyOf(await alias('challenger', '2'));
    const { modelId: _, ...data } = entry.data;

    await expect(deliver({ ...entry, data })).resolves.toMatchObject({ kind: 'none' });
  });

  it('never serves a prompt', async () => {
    await policy({ selector: { endpoint: 'heart', model: '*' }, trigger: { alias: 'challenger' } });
    const tags = [{ key: PROMPT_TAG, value: 'true' }];
    await createModel(registry, { name: 'greeting', tags }, CAUSE);
    await createVersion(registry, { name: 'greeting', source: 'x', tags }, CAUSE);
    const entry = onlyOf(
      await told(() => setAlias(registry, { name: 'greeting', alias: 'challenger', version: '1' }, CAUSE)),
    );

    await expect(deliver(entry)).resolves.toEqual({ kind: 'none', reason: 'a prompt is not served' });
  });

  it('refuses to choose between two policies of one alias', async () => {
    await policy({ name: 'q', trigger: { alias: 'challenger' } });
    const entry = onlyOf(await alias('challenger', '2'));

    await expect(deliver(entry)).rejects.toMatchObject({
      code: 'INVALID_STATE',
      message: `several policies match ${MODEL} on alias challenger: p, q`,
    });
  });
});

describe('a policy that starts on a stage', () => {
  beforeEach(() => policy({ trigger: { stage: 'Production' } }));

  it('rolls out the version that came to it, and not those that it archived', async () => {
    await deliverAll(await stage('Production', '1'));
    await world.run({ forMs: HOUR });
    const outcomes = await deliverAll(await stage('Production', '2', true));
    await world.run({ forMs: HOUR });

    expect(outcomes.map(({ kind }) => kind).toSorted()).toEqual(['none', 'started']);
    expect(started()).toEqual(['1', '2']);
  });

  it.each(['Staging', 'Archived'])('starts nothing on %s', async (other) => {
    await expect(deliverAll(await stage(other, '2'))).resolves.toMatchObject([{ kind: 'none' }]);
  });

  it('tells nothing of a version that is there already', async () => {
    await stage('Production', '2');

    await expect(stage('Production', '2')).resolves.toEqual([]);
  });

  it('does not follow a version that has left since', async () => {
    const entry = onlyOf(await stage('Production', '2'));
    await stage('Archived', '2');

    await expect(deliver(entry)).resolves.toEqual({ kind: 'none', reason: 'stage Production has moved on since' });
  });
});

describe('policies of several occasions', () => {
  it('each start on their own', async () => {
    await policy({ selector: { endpoint: 'staging', model: MODEL } });
    await policy({ name: 'q', trigger: { alias: 'challenger' } });
    await planRollout(services, { model: MODEL, version: '2', tags: {} }, CAUSE);
    await deliverAll(await alias('challenger', '2'));

    const page = await world.services.rollouts.listEndpoints({ limit: 10 });
    expect(page.items.map(({ value }) => value.name)).toEqual(['heart', 'staging']);
  });
});

describe('the function model-changed', () => {
  it('says in the log why a change starts nothing', async () => {
    const lines: unknown[] = [];
    const log = { ...silentLogger, info: (fields: unknown, message: string) => lines.push([message, fields]) };
    const entry = onlyOf(await alias('challenger', '2'));
    const event = { ...entry, source: '/', type: 'slipway.model.changed' };
    const work = modelChanged.on['slipway.model.changed'];

    await work?.(event, services, { cause: CAUSE, log });

    expect(lines).toEqual([
      [
        'no rollout planned',
        { model: MODEL, version: '2', on: 'alias challenger', reason: `no policy is about model '${MODEL}'` },
      ],
    ]);
  });
});
