import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Documents } from '../../../shared/platform/documents.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';
import { deleteExperiment, renameExperiment } from '../../../shared/tracking/experiments/change-experiment.ts';
import { createExperiment } from '../../../shared/tracking/experiments/create-experiment.ts';
import type { ExperimentDocument } from '../../../shared/tracking/experiments/experiment.ts';
import { getExperiment, getExperimentByName } from '../../../shared/tracking/experiments/get-experiment.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { mortalDocuments } from '../../support/registry/mortal-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const CAUSE = { causedBy: 'test', correlationId: 'story-1' };
const DEATHS = [1, 2, 3].flatMap((commit) => (['before', 'after'] as const).map((when) => ({ commit, when })));

const servicesOn = (documents: Documents) => createRegistryServices(undefined, {}, documents);
const create = (documents: Documents, name: string) => createExperiment(servicesOn(documents), { name }, CAUSE);
const rename = (documents: Documents, experimentId: string, newName: string) =>
  renameExperiment(servicesOn(documents), { experimentId, newName }, CAUSE);
const done = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    () => false,
  );

const experimentsIn = (documents: MemoryDocuments) =>
  documents
    .all()
    .map(({ value }) => value)
    .filter((value): value is ExperimentDocument => value.kind === 'experiment');

/** No name is there twice, each finds its experiment, and the journal tells of each creation once. */
const expectNamesToBeExact = async (documents: MemoryDocuments): Promise<void> => {
  const experiments = experimentsIn(documents);
  const names = experiments.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, experimentId } of experiments) {
    expect((await getExperimentByName(servicesOn(documents), name)).experimentId).toBe(experimentId);
  }
  const created = documents.all().flatMap(({ value }) => {
    const { data } = value as JournalEntry<string, { experimentId: string; change: string }>;
    return value.kind === 'journal' && data.change === 'created' ? [data.experimentId] : [];
  });
  expect(created.toSorted()).toEqual(experiments.map(({ experimentId }) => experimentId).toSorted());
};

describe('a process that dies while it creates an experiment', () => {
  const withDefault = async () => {
    const documents = createMemoryDocuments();
    await getExperiment(servicesOn(documents), '0');
    return documents;
  };

  it.each(DEATHS)('leaves it whole or not at all, at commit $commit $when it is stored', async (death) => {
    const documents = await withDefault();
    await done(create(mortalDocuments(documents, death), 'heart'));
    const isThere = experimentsIn(documents).some(({ name }) => name === 'heart');

    expect(await done(create(documents, 'heart'))).toBe(!isThere);
    await expectNamesToBeExact(documents);
  });

  it('leaves a name that another experiment can be given', async () => {
    const documents = await withDefault();
    await done(create(mortalDocuments(documents, { commit: 1, when: 'after' }), 'heart'));
    const { experimentId } = await create(documents, 'liver');
    await rename(documents, experimentId, 'heart');

    expect((await getExperimentByName(servicesOn(documents), 'heart')).experimentId).toBe(experimentId);
    await expectNamesToBeExact(documents);
  });
});

describe('a process that dies while it makes the default experiment', () => {
  it.each(DEATHS)('leaves it to the next, at commit $commit $when it is stored', async (death) => {
    const documents = createMemoryDocuments();
    await done(getExperiment(servicesOn(mortalDocuments(documents, death)), '0'));

    expect(await getExperiment(servicesOn(documents), '0')).toMatchObject({ name: 'Default' });
    expect(await done(create(documents, 'Default'))).toBe(false);
    await expectNamesToBeExact(documents);
  });
});

describe('a process that dies while it renames an experiment', () => {
  it.each(DEATHS)('leaves it one of both names, at commit $commit $when it is stored', async (death) => {
    const documents = createMemoryDocuments();
    const { experimentId } = await create(documents, 'first');
    await done(rename(mortalDocuments(documents, death), experimentId, 'second'));

    const { name } = await getExperiment(servicesOn(documents), experimentId);
    await create(documents, name === 'first' ? 'second' : 'first');
    expect(await done(create(documents, name))).toBe(false);
    await expectNamesToBeExact(documents);
  });
});

describe('the default experiment', () => {
  it('may be renamed, and then its name is free', async () => {
    const documents = createMemoryDocuments();
    await rename(documents, '0', 'mine');
    const { experimentId } = await create(documents, 'Default');

    expect((await getExperimentByName(servicesOn(documents), 'Default')).experimentId).toBe(experimentId);
    expect((await getExperimentByName(servicesOn(documents), 'mine')).experimentId).toBe('0');
  });
});

describe('callers at once', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'Default');
  const action = fc.oneof(
    fc.record({ kind: fc.constant('create' as const), name }),
    fc.record({ kind: fc.constant('rename' as const), at: fc.nat(1), name }),
    fc.record({ kind: fc.constant('delete' as const), at: fc.nat(1) }),
    fc.record({ kind: fc.constant('default' as const) }),
  );

  it('never make two experiments of one name or lose one, in whatever order their reads and writes happen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(action, { minLength: 2, maxLength: 4 }), async (scheduler, actions) => {
        const documents = createMemoryDocuments();
        const made = [await create(documents, 'a'), await create(documents, 'b')];
        const racing: Documents = {
          read: scheduler.scheduleFunction((partition, id) => documents.read(partition, id)) as Documents['read'],
          commit: scheduler.scheduleFunction((partition, writes) => documents.commit(partition, writes)),
          query: documents.query,
        };
        const work = actions.map((one) => {
          if (one.kind === 'create') return done(create(racing, one.name));
          if (one.kind === 'default') return done(getExperiment(servicesOn(racing), '0'));
          const id = made[one.at]?.experimentId ?? '';
          if (one.kind === 'delete') return done(deleteExperiment(servicesOn(racing), id, CAUSE));
          return done(rename(racing, id, one.name));
        });
        await scheduler.waitFor(Promise.all(work));
        await expectNamesToBeExact(documents);
      }),
      { numRuns: 400 },
    );
  }, 60_000);
});
