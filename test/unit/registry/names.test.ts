import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Documents } from '../../../shared/platform/documents.ts';
import { isSlipwayError } from '../../../shared/platform/errors.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { getModel } from '../../../shared/registry/get-model.ts';
import type { ModelDocument } from '../../../shared/registry/model.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import { searchModels } from '../../../shared/registry/search-models.ts';
import { searchVersions } from '../../../shared/registry/search-versions.ts';
import type { RegistryServices } from '../../../shared/registry/services.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { mortalDocuments } from '../../support/registry/mortal-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const CAUSE = { causedBy: 'test', correlationId: 'test' };
const DEATHS = [1, 2, 3, 4, 5].flatMap((commit) => [
  { commit, when: 'before' } as const,
  { commit, when: 'after' } as const,
]);

/** Undefined when there is no such thing; other failures stay failures. */
const ifAny = <T>(found: Promise<T>): Promise<T | undefined> =>
  found.catch((error: unknown) => {
    if (isSlipwayError(error) && error.code === 'RESOURCE_DOES_NOT_EXIST') return undefined;
    throw error;
  });

/** Whether it was done; a refusal for the name's sake is an answer, too. */
const done = (work: Promise<unknown>): Promise<boolean> =>
  work.then(
    () => true,
    (error: unknown) => {
      if (isSlipwayError(error) && error.code.startsWith('RESOURCE_')) return false;
      throw error;
    },
  );

const names = async (services: RegistryServices): Promise<string[]> =>
  (await searchModels(services, {})).items.map(({ name }) => name);

/** Every live model has a name of its own, and is found by it. */
const expectNamesToBeExact = async (services: RegistryServices, documents: MemoryDocuments): Promise<void> => {
  const live = documents
    .all()
    .map(({ value }) => value)
    .filter((value): value is ModelDocument => value.kind === 'registered-model');
  expect(new Set(live.map(({ name }) => name)).size).toBe(live.length);
  for (const { name, modelId } of live) expect((await getModel(services, name)).modelId).toBe(modelId);
};

describe('a process that dies while it creates a model', () => {
  it.each(DEATHS)('leaves a name that can be had, at commit $commit $when it is stored', async (death) => {
    const documents = createMemoryDocuments();
    const services = createRegistryServices(documents);
    await createModel(createRegistryServices(mortalDocuments(documents, death)), { name: 'heart' }, CAUSE).catch(
      () => undefined,
    );
    const before = await ifAny(getModel(services, 'heart'));
    expect(await names(services)).toEqual(before === undefined ? [] : ['heart']);
    expect(await done(createModel(services, { name: 'heart' }, CAUSE))).toBe(before === undefined);
    expect(await names(services)).toEqual(['heart']);
    await expectNamesToBeExact(services, documents);
  });

  it('leaves a name that another model can be given', async () => {
    const documents = createMemoryDocuments();
    const services = createRegistryServices(documents);
    const dying = createRegistryServices(mortalDocuments(documents, { commit: 1, when: 'after' }));
    await expect(createModel(dying, { name: 'heart' }, CAUSE)).rejects.toThrow('dead');
    await createModel(services, { name: 'liver' }, CAUSE);
    await renameModel(services, { name: 'liver', newName: 'heart' }, CAUSE);
    expect(await names(services)).toEqual(['heart']);
    await expectNamesToBeExact(services, documents);
  });
});

describe('a process that dies while it renames a model', () => {
  it.each(DEATHS)('leaves it with one of both names, at commit $commit $when it is stored', async (death) => {
    const documents = createMemoryDocuments();
    const services = createRegistryServices(documents);
    const { modelId } = await createModel(services, { name: 'first' }, CAUSE);
    await createVersion(services, { name: 'first', source: 's3://bucket/1' }, CAUSE);
    const dying = createRegistryServices(mortalDocuments(documents, death));
    await renameModel(dying, { name: 'first', newName: 'second' }, CAUSE).catch(() => undefined);

    const [first, second] = await Promise.all(['first', 'second'].map((name) => ifAny(getModel(services, name))));
    expect([first?.modelId, second?.modelId].filter((id) => id !== undefined)).toEqual([modelId]);
    const [kept, other] = first === undefined ? ['second', 'first'] : ['first', 'second'];
    expect((await searchVersions(services, {})).items.map(({ name }) => name)).toEqual([kept]);

    // The other name is free, whoever asks for it, and everything can go on.
    await createModel(services, { name: other }, CAUSE);
    expect(await done(renameModel(services, { name: kept, newName: other }, CAUSE))).toBe(false);
    await deleteModel(services, other, CAUSE);
    await renameModel(services, { name: kept, newName: other }, CAUSE);
    expect(await names(services)).toEqual([other]);
    await expectNamesToBeExact(services, documents);
  });
});

describe('a process that dies while it deletes a model', () => {
  it.each(DEATHS)('leaves all of it or nothing, at commit $commit $when it is stored', async (death) => {
    const documents = createMemoryDocuments();
    const services = createRegistryServices(documents);
    await createModel(services, { name: 'heart' }, CAUSE);
    await createVersion(services, { name: 'heart', source: 's3://bucket/1' }, CAUSE);
    const mortal = mortalDocuments(documents, death);
    await deleteModel(createRegistryServices(mortal), 'heart', CAUSE).catch(() => undefined);

    const kept = await ifAny(getModel(services, 'heart'));
    expect((await searchVersions(services, {})).items.length).toBe(kept === undefined ? 0 : 1);
    expect(await done(deleteModel(services, 'heart', CAUSE))).toBe(kept !== undefined);
    await createModel(services, { name: 'heart' }, CAUSE);
    const created = await createVersion(services, { name: 'heart', source: 's3://bucket/2' }, CAUSE);
    expect(created.version).toBe('1');
    expect((await searchVersions(services, {})).items.map(({ source }) => source)).toEqual(['s3://bucket/2']);
    // Nothing of the first one's versions stays behind.
    expect(documents.all().filter(({ value }) => value.kind === 'model-version').length).toBe(1);
    await expectNamesToBeExact(services, documents);
  });
});

describe('callers at once', () => {
  it('create one model of one name', async () => {
    const documents = createMemoryDocuments();
    const services = createRegistryServices(documents);
    const created = await Promise.all(
      Array.from({ length: 30 }, () => done(createModel(services, { name: 'heart' }, CAUSE))),
    );
    expect(created.filter((one) => one).length).toBe(1);
    await expectNamesToBeExact(services, documents);
  });

  const action = fc.oneof(
    fc.record({ kind: fc.constant('create' as const), name: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ kind: fc.constant('delete' as const), name: fc.constantFrom('a', 'b', 'c') }),
    fc.record({
      kind: fc.constant('rename' as const),
      name: fc.constantFrom('a', 'b', 'c'),
      newName: fc.constantFrom('a', 'b', 'c'),
    }),
  );

  it('never make two models of one name or lose one, in whatever order their reads and writes happen', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(action, { minLength: 2, maxLength: 4 }), async (scheduler, actions) => {
        const documents = createMemoryDocuments();
        const services = createRegistryServices(documents);
        for (const name of ['a', 'b']) await createModel(services, { name }, CAUSE);
        const slow: Documents = {
          read: scheduler.scheduleFunction((partition, id) => documents.read(partition, id)) as Documents['read'],
          commit: scheduler.scheduleFunction((partition, writes) => documents.commit(partition, writes)),
          query: documents.query,
        };
        const racing = createRegistryServices(slow);
        const work = actions.map((one) => {
          if (one.kind === 'create') return done(createModel(racing, one, CAUSE));
          if (one.kind === 'delete') return done(deleteModel(racing, one.name, CAUSE));
          return done(renameModel(racing, one, CAUSE));
        });
        await scheduler.waitFor(Promise.all(work));
        await expectNamesToBeExact(services, documents);
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
