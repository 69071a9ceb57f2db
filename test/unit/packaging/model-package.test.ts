import { describe, expect, it } from 'vitest';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import { buildModelPackage, type ModelSource } from '../../../shared/packaging/build-model-package.ts';
import { findPackage, requestPackage } from '../../../shared/packaging/request-package.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { deleteVersion } from '../../../shared/registry/delete-version.ts';
import { tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { CAUSE, packageWorld } from '../../support/packaging/package-world.ts';

const NOW = 1_767_225_600_000;
const WISH = { model: 'heart-classifier', version: '1' };

const setUp = async (source?: ModelSource['filesOf']) => {
  const world = await packageWorld(tinyModel(), source === undefined ? {} : { source });
  await createModel(world.services, { name: WISH.model }, CAUSE);
  await createVersion(world.services, { name: WISH.model, source: 'mlflow-artifacts:/0/m/artifacts' }, CAUSE);
  return world;
};

describe('requestPackage', () => {
  it('asks the queue for a build, at once', async () => {
    const { services } = await setUp();

    await requestPackage(services, WISH, CAUSE);

    expect(await findPackage(services, WISH)).toMatchObject({
      phase: 'requested',
      causedBy: 'evt-1',
      wakeUp: { queue: 'build-package', at: NOW, message: WISH },
    });
  });

  it('changes nothing when it is asked again', async () => {
    const { services, documents } = await setUp();
    await requestPackage(services, WISH, CAUSE);
    const before = documents.all();

    await requestPackage(services, WISH, CAUSE);
    await requestPackage(services, WISH, { ...CAUSE, causedBy: 'evt-2' });

    expect(documents.all()).toEqual(before);
  });

  it('tries a refused one again for another cause, and not for the same', async () => {
    const { services } = await setUp(async () => ({ unreachable: 'it is on another server' }));
    await requestPackage(services, WISH, CAUSE);
    await buildModelPackage(services, WISH);

    await requestPackage(services, WISH, CAUSE);
    expect(await findPackage(services, WISH)).toMatchObject({ phase: 'refused' });

    await requestPackage(services, WISH, { ...CAUSE, causedBy: 'evt-2' });
    expect(await findPackage(services, WISH)).toMatchObject({ phase: 'requested', causedBy: 'evt-2' });
  });

  it('says which model there is not', async () => {
    const { services } = await setUp();

    await expect(requestPackage(services, { model: 'nobody', version: '1' }, CAUSE)).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
    await expect(findPackage(services, { ...WISH, version: '9' })).resolves.toBeUndefined();
  });
});

describe('buildModelPackage', () => {
  it('stores the image with the entry that tells of it, and wants no more wake-ups', async () => {
    const { services, journal } = await setUp();
    await requestPackage(services, WISH, CAUSE);

    await buildModelPackage(services, WISH);

    const built = await findPackage(services, WISH);
    expect(built).toMatchObject({ phase: 'built', wakeUp: null, durationMs: 0 });
    expect(journal()).toMatchObject([
      { type: 'slipway.package.built', subject: 'models/heart-classifier/versions/1', ...CAUSE },
    ]);
    expect(eventDataSchema('slipway.package.built').safeParse(journal()[0]?.data).success).toBe(true);
  });

  it('does nothing when the message comes twice, or for what nobody asked for', async () => {
    const { services, documents } = await setUp();
    await buildModelPackage(services, WISH);
    await requestPackage(services, WISH, CAUSE);
    await buildModelPackage(services, WISH);
    const before = documents.all();

    await buildModelPackage(services, WISH);

    expect(documents.all()).toEqual(before);
  });

  it('is built once when two workers have the message at the same time', async () => {
    const { services, journal } = await setUp();
    await requestPackage(services, WISH, CAUSE);

    await Promise.all([buildModelPackage(services, WISH), buildModelPackage(services, WISH)]);

    expect(journal()).toHaveLength(1);
  });

  it.each([
    ['files that cannot be reached', async () => ({ unreachable: 'it is on another server' }), 'artifacts-unreachable'],
    ['a folder without MLmodel', async () => ({ files: memoryFiles({ 'a.txt': 'x' }) }), 'mlmodel-missing'],
  ])('stores why %s cannot be packaged', async (_, source, code) => {
    const { services, journal } = await setUp(source);
    await requestPackage(services, WISH, CAUSE);

    await buildModelPackage(services, WISH);

    expect(await findPackage(services, WISH)).toMatchObject({ phase: 'refused', code, wakeUp: null });
    expect(journal()).toMatchObject([{ type: 'slipway.package.refused', data: { ...WISH, code } }]);
    expect(eventDataSchema('slipway.package.refused').safeParse(journal()[0]?.data).success).toBe(true);
  });

  it('refuses a version that was deleted meanwhile', async () => {
    const { services } = await setUp();
    await requestPackage(services, WISH, CAUSE);
    await deleteVersion(services, { name: WISH.model, version: '1' }, CAUSE);

    await buildModelPackage(services, WISH);

    expect(await findPackage(services, WISH)).toMatchObject({ phase: 'refused', code: 'version-deleted' });
  });

  it('leaves the request as it is when files cannot be read now, so that the next message tries again', async () => {
    const { services, journal } = await setUp(() => Promise.reject(new Error('storage is away')));
    await requestPackage(services, WISH, CAUSE);

    await expect(buildModelPackage(services, WISH)).rejects.toThrow('storage is away');

    expect(await findPackage(services, WISH)).toMatchObject({ phase: 'requested' });
    expect(journal()).toEqual([]);
  });
});
