import { beforeEach, describe, expect, it } from 'vitest';
import { type BuildModelPackageServices, buildModelPackage } from '../../../shared/packaging/build-model-package.ts';
import type { PackageDocument } from '../../../shared/packaging/package-document.ts';
import { createPackageStore } from '../../../shared/packaging/package-store.ts';
import { requestPackage } from '../../../shared/packaging/request-package.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteModel } from '../../../shared/registry/delete-model.ts';
import { createMemoryDocuments, type MemoryDocuments } from '../../support/memory-documents.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const WISH = { model: 'heart', version: '1' };

let documents: MemoryDocuments;
let services: BuildModelPackageServices;

beforeEach(async () => {
  documents = createMemoryDocuments();
  const registry = createRegistryServices(documents);
  const never = () => Promise.reject(new Error('nothing is read of a version that is gone'));
  services = {
    ...registry,
    packageStore: createPackageStore(documents),
    modelSource: { filesOf: never },
  } as unknown as BuildModelPackageServices;
  await createModel(services, { name: 'heart' }, CAUSE);
  await createVersion(services, { name: 'heart', source: 's3://bucket/1' }, CAUSE);
});

const packages = () =>
  documents
    .all()
    .map(({ value }) => value)
    .filter((value): value is PackageDocument => value.kind === 'package');

describe('the package of a deleted model', () => {
  it('is gone with what it waited for; what happened stays', async () => {
    await requestPackage(services, WISH, CAUSE);
    expect(packages()).toMatchObject([{ phase: 'requested', wakeUp: { message: WISH } }]);

    await deleteModel(services, 'heart', CAUSE);

    expect(packages()).toEqual([]);
    expect(documents.all().filter(({ value }) => value.kind === 'journal')).toHaveLength(3);
  });

  it('is refused when it was asked for while the model was being deleted, so nobody waits for it', async () => {
    const modelId = (await services.registry.findModel('heart'))?.value.modelId ?? '';
    await requestPackage(services, WISH, CAUSE);
    const [request] = packages();
    await deleteModel(services, 'heart', CAUSE);
    await services.packageStore.save(modelId, request as PackageDocument);

    await buildModelPackage(services, { ...WISH, modelId });
    await buildModelPackage(services, { ...WISH, modelId });

    expect(packages()).toMatchObject([{ phase: 'refused', code: 'version-deleted', wakeUp: null }]);
  });

  it('cannot be asked for', async () => {
    await deleteModel(services, 'heart', CAUSE);

    await expect(requestPackage(services, WISH, CAUSE)).rejects.toMatchObject({ code: 'RESOURCE_DOES_NOT_EXIST' });
  });
});
