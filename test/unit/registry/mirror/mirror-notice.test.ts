import { describe, expect, it } from 'vitest';
import { setAlias } from '../../../../shared/registry/aliases.ts';
import { createModel } from '../../../../shared/registry/create-model.ts';
import { createVersion } from '../../../../shared/registry/create-version.ts';
import { deleteVersion } from '../../../../shared/registry/delete-version.ts';
import { getModel } from '../../../../shared/registry/get-model.ts';
import { getModelVersion } from '../../../../shared/registry/get-version.ts';
import { databricksDelivery, mlflowDelivery } from '../../../support/registry/fake-origin.ts';
import { createMirrorWorld, NOW, SECRET } from '../../../support/registry/mirror-world.ts';

const CAUSE = { causedBy: 'evt-1', correlationId: 'story-1' };
const LOGGED = {
  source: 'models:/m-1',
  artifactUri: 'mlflow-artifacts:/1/models/m-1/artifacts',
  tags: { team: 'cardio' },
};

type World = ReturnType<typeof createMirrorWorld>;

const tell = (world: World, entity: string, action: string, data: object) =>
  world.post(mlflowDelivery(SECRET, { entity, action, data }, { at: NOW }));

const created = (world: World, version: string, source = 'models:/m-1') =>
  tell(world, 'model_version', 'created', { name: 'heart', version, source, tags: { team: 'cardio' } });

const registered = (world: World) =>
  world
    .journal()
    .filter(({ type }) => type === 'slipway.model.registered')
    .map(({ data }) => data as { readonly version: string })
    .toSorted((a, b) => Number(a.version) - Number(b.version));

describe('a version that an origin server tells of', () => {
  it('is registered here under its number, with where it is from and where its files are', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    world.origin.versions.set('heart/7', LOGGED);
    await created(world, '7');

    await world.mirror();

    expect(await getModelVersion(world.services, 'heart', '7')).toMatchObject({
      version: '7',
      source: 'models:/m-1',
      location: 'https://mlflow.example.org/api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts',
      tags: [{ key: 'team', value: 'cardio' }],
      origin: 'mlflow-server',
      originOf: { server: 'research', name: 'heart', version: '7' },
    });
    expect(registered(world)).toMatchObject([
      { name: 'heart', version: '7', origin: 'mlflow-server', originOf: { server: 'research', version: '7' } },
    ]);
  });

  it('is registered once, however often it is told', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    world.origin.versions.set('heart/7', LOGGED);
    await created(world, '7');
    await created(world, '7');

    await world.mirror();
    await world.mirror();

    expect(registered(world)).toHaveLength(1);
  });

  it('is registered once when it is told many times at once', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    for (let told = 0; told < 5; told += 1) await created(world, '7');

    await Promise.all([world.mirror(), world.mirror(), world.mirror()]);

    expect(registered(world)).toHaveLength(1);
  });

  it('is registered also while its server does not answer', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    world.origin.broken = 502;
    await created(world, '7');

    await world.mirror();

    const version = await getModelVersion(world.services, 'heart', '7');
    expect(version.source).toBe('models:/m-1');
    expect(version.location).toBeUndefined();
  });

  it('gets the next number when its own was given to another', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    await createModel(world.services, { name: 'heart' }, CAUSE);
    await createVersion(world.services, { name: 'heart', source: 's3://ours/m' }, CAUSE);
    await created(world, '1', 's3://theirs/m');
    await world.mirror();
    await created(world, '5', 's3://theirs/m');

    await world.mirror();

    expect(registered(world)).toMatchObject([
      { version: '1', origin: 'mlflow' },
      { version: '2', originOf: { version: '1' } },
      { version: '5', originOf: { version: '5' } },
    ]);
  });

  it('is not mirrored again after it was deleted here', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    await created(world, '7');
    await world.mirror();
    await deleteVersion(world.services, { name: 'heart', version: '7' }, CAUSE);
    await tell(world, 'model_version_tag', 'set', { name: 'heart', version: '7', key: 'a', value: '1' });

    await world.mirror();

    expect(registered(world)).toHaveLength(1);
    expect((await getModel(world.services, 'heart')).latestVersions).toEqual([]);
  });

  it('keeps apart what two servers call the same', async () => {
    const world = createMirrorWorld();
    await world.setUp('blue', { prefix: 'blue-' });
    await world.setUp('green', { secret: 'another-secret-of-length' });
    const data = { name: 'heart', version: '1', source: 's3://b/m' };
    await tell(world, 'model_version', 'created', data);
    await world.post(
      mlflowDelivery('another-secret-of-length', { entity: 'model_version', action: 'created', data }, { at: NOW }),
    );

    await world.mirror();

    expect((await getModelVersion(world.services, 'blue-heart', '1')).originOf?.server).toBe('blue');
    expect((await getModelVersion(world.services, 'heart', '1')).originOf?.server).toBe('green');
  });

  it('is no prompt', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    const tags = { 'mlflow.prompt.is_prompt': 'true' };
    await tell(world, 'model_version', 'created', { name: 'heart', version: '1', source: 'dummy', tags });

    await world.mirror();

    expect(registered(world)).toEqual([]);
  });

  it('is forgotten when its server was removed meanwhile', async () => {
    const world = createMirrorWorld();
    await world.setUp();
    await created(world, '1');
    await world.services.origins.delete('research');

    await world.mirror();

    expect(registered(world)).toEqual([]);
  });
});

describe('what changes later on an origin server', () => {
  const setUp = async () => {
    const world = createMirrorWorld();
    await world.setUp();
    world.origin.versions.set('heart/7', { ...LOGGED, tags: { team: 'cardio', reviewed: 'yes' } });
    return world;
  };
  const tagsOf = async (world: World) =>
    Object.fromEntries(
      (await getModelVersion(world.services, 'heart', '7')).tags.map(({ key, value }) => [key, value]),
    );
  const aliasesOf = async (world: World) => (await getModel(world.services, 'heart')).aliases;

  it('comes in any order: an alias before its version', async () => {
    const world = await setUp();
    world.origin.aliases.set('heart@candidate', '7');
    await created(world, '7');
    await tell(world, 'model_version_alias', 'created', { name: 'heart', alias: 'candidate', version: '7' });

    await world.mirror((notices) => notices.toReversed());

    expect(await aliasesOf(world)).toEqual([{ alias: 'candidate', version: '7' }]);
    expect(registered(world)).toHaveLength(1);
  });

  it('is what it is there now, whatever was told last', async () => {
    const world = await setUp();
    world.origin.versions.set('heart/8', LOGGED);
    world.origin.aliases.set('heart@candidate', '8');
    await tell(world, 'model_version_alias', 'created', { name: 'heart', alias: 'candidate', version: '8' });
    await tell(world, 'model_version_alias', 'created', { name: 'heart', alias: 'candidate', version: '7' });
    await tell(world, 'model_version_tag', 'set', { name: 'heart', version: '7', key: 'reviewed', value: 'no' });
    await tell(world, 'model_version_tag', 'deleted', { name: 'heart', version: '7', key: 'team' });

    await world.mirror();

    expect(await aliasesOf(world)).toEqual([{ alias: 'candidate', version: '8' }]);
    expect(await tagsOf(world)).toEqual({ team: 'cardio', reviewed: 'yes' });
  });

  it('is gone here when it is gone there', async () => {
    const world = await setUp();
    world.origin.aliases.set('heart@candidate', '7');
    await tell(world, 'model_version_alias', 'created', { name: 'heart', alias: 'candidate', version: '7' });
    await world.mirror();
    world.origin.aliases.clear();
    world.origin.versions.set('heart/7', LOGGED);
    await tell(world, 'model_version_alias', 'deleted', { name: 'heart', alias: 'candidate' });
    await tell(world, 'model_version_tag', 'deleted', { name: 'heart', version: '7', key: 'reviewed' });

    await world.mirror();

    expect(await aliasesOf(world)).toEqual([]);
    expect(await tagsOf(world)).toEqual({ team: 'cardio' });
  });

  it('leaves an alias alone that points to a version of ours', async () => {
    const world = await setUp();
    await createModel(world.services, { name: 'heart' }, CAUSE);
    await createVersion(world.services, { name: 'heart', source: 's3://ours/m' }, CAUSE);
    await setAlias(world.services, { name: 'heart', alias: 'candidate', version: '1' }, CAUSE);
    await tell(world, 'model_version_alias', 'deleted', { name: 'heart', alias: 'candidate' });

    await world.mirror();

    expect(await aliasesOf(world)).toEqual([{ alias: 'candidate', version: '1' }]);
  });

  it('changes nothing for a version that is not there', async () => {
    const world = await setUp();
    await tell(world, 'model_version_tag', 'set', { name: 'heart', version: '9', key: 'a', value: '1' });

    await world.mirror();

    expect(registered(world)).toEqual([]);
  });

  it('is tried again later while the server does not answer', async () => {
    const world = await setUp();
    await tell(world, 'model_version_alias', 'created', { name: 'heart', alias: 'candidate', version: '7' });
    world.origin.broken = 503;

    await expect(world.mirror()).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  });

  it('needs a credential where the server wants one, and says so', async () => {
    const world = await setUp();
    world.origin.authorization = 'Bearer let-me-in';
    await tell(world, 'model_version_tag', 'set', { name: 'heart', version: '7', key: 'reviewed', value: 'yes' });

    await expect(world.mirror()).rejects.toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining("'research' (mlflow.example.org) answered 401: give it a credential"),
    });
    await world.setUp('research', { credential: { token: 'let-me-in' } });
    await world.mirror();

    expect(await tagsOf(world)).toMatchObject({ reviewed: 'yes' });
  });

  it.each([
    [404, 'INVALID_STATE'],
    [302, 'INVALID_STATE'],
    [200, 'INVALID_STATE'],
    [429, 'REQUEST_LIMIT_EXCEEDED'],
    [500, 'TEMPORARILY_UNAVAILABLE'],
  ])('is not mistaken for a deletion when the server answers %d with a page', async (status, code) => {
    const world = await setUp();
    world.origin.broken = status;
    await tell(world, 'model_version_alias', 'deleted', { name: 'heart', alias: 'candidate' });

    await expect(world.mirror()).rejects.toMatchObject({ code });
  });
});

describe('a version in the registry of Databricks', () => {
  it('is read from there, because its webhooks say little, and follows its stage', async () => {
    const world = createMirrorWorld();
    await world.setUp('bricks', { dialect: 'databricks', credential: { token: 'dapi' } });
    world.origin.authorization = 'Bearer dapi';
    world.origin.versions.set('heart/8', { source: 'dbfs:/m', stage: 'Production', tags: { a: '1' } });
    const about = { model_name: 'heart', version: '8' };
    await world.post(
      databricksDelivery(SECRET, { event: 'MODEL_VERSION_TRANSITIONED_STAGE', to_stage: 'Staging', ...about }),
    );
    await world.post(databricksDelivery(SECRET, { event: 'MODEL_VERSION_CREATED', ...about }));

    await world.mirror();
    await world.mirror();

    expect(await getModelVersion(world.services, 'heart', '8')).toMatchObject({
      stage: 'Production',
      source: 'dbfs:/m',
      tags: [{ key: 'a', value: '1' }],
    });
    const changes = world.journal().filter(({ data }) => (data as { change?: string }).change === 'stage-transitioned');
    expect(changes).toHaveLength(1);
  });
});
