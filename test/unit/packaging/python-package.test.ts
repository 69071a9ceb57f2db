import { describe, expect, it } from 'vitest';
import { eventDataSchema } from '../../../shared/events/catalogue.ts';
import { buildModelPackage } from '../../../shared/packaging/build-model-package.ts';
import type { BuildOutcome } from '../../../shared/packaging/environment/environment-builder.ts';
import { requestPackage } from '../../../shared/packaging/request-package.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { renameModel } from '../../../shared/registry/rename-model.ts';
import { built, scriptedBuilder } from '../../support/packaging/environments.ts';
import { mlmodelText } from '../../support/packaging/example-models.ts';
import { CAUSE, type PackageWorldOptions, packageWorld } from '../../support/packaging/package-world.ts';

const REQUIREMENTS = 'mlflow==3.17.2\nscikit-learn==1.9.1\n';

const pythonModel = (over: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  MLmodel: mlmodelText({
    flavors: `python_function:
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.11.7
    env: {virtualenv: python_env.yaml}`,
  }),
  'model.pkl': 'pickle',
  'python_env.yaml': 'python: 3.11.7\ndependencies:\n- -r requirements.txt\n',
  'requirements.txt': REQUIREMENTS,
  'serving_input_example.json': '{"inputs": {"x": [1.5]}}',
  ...over,
});

const RUNNING: BuildOutcome = { kind: 'running', job: 1, lookAgainMs: 2_000 };

const wishFor = (model: string) => ({ model, version: '1' });

const setUp = async (models: readonly string[], options: PackageWorldOptions = {}, files = pythonModel()) => {
  const world = await packageWorld(files, options);
  for (const name of models) {
    await createModel(world.services, { name }, CAUSE);
    await createVersion(world.services, { name, source: `s3://bucket/${name}` }, CAUSE);
    await requestPackage(world.services, wishFor(name), CAUSE);
  }
  return world;
};

describe('the package of a model that needs Python', () => {
  it('waits for its environment, and says so', async () => {
    const world = await setUp(['heart'], { builder: scriptedBuilder(RUNNING) });

    await buildModelPackage(world.services, wishFor('heart'));

    const waiting = await world.package('heart');
    expect(waiting).toMatchObject({
      phase: 'requested',
      waitingFor: { environment: expect.stringMatching(/^[0-9a-f]{32}$/), since: '2026-01-01T00:00:00.000Z' },
      wakeUp: { queue: 'build-package', at: 1_767_225_601_000 },
    });
    expect(world.journal()).toEqual([]);
  });

  it('is looked at again more rarely the longer it waits, and its model is not read for that', async () => {
    let reads = 0;
    const { services, pass, ...world } = await setUp(['heart'], { builder: scriptedBuilder(RUNNING) });
    const source = services.modelSource.filesOf;
    const counted = {
      ...services,
      modelSource: {
        filesOf: (version: Parameters<typeof source>[0]) => {
          reads += 1;
          return source(version);
        },
      },
    };
    const waits: number[] = [];
    for (const ms of [0, 5_000, 115_000, 600_000]) {
      pass(ms);
      await buildModelPackage(counted, wishFor('heart'));
      const waiting = await world.package('heart');
      if (waiting?.phase === 'requested') waits.push(waiting.wakeUp.at - services.clock());
    }

    expect(waits).toEqual([1_000, 1_000, 12_000, 30_000]);
    expect(reads).toBe(1);
  });

  it('is built on the image of the environment, with what it took to get there', async () => {
    const world = await setUp(['heart']);
    await buildModelPackage(world.services, wishFor('heart'));
    world.pass(4_000);
    await world.settle();

    const found = await world.package('heart');
    expect(found).toMatchObject({
      phase: 'built',
      wakeUp: null,
      servingInput: '{"inputs": {"x": [1.5]}}',
      durationMs: 4_000,
      contents: {
        server: 'python',
        environment: { image: world.environment.image, python: { wanted: '3.11', used: '3.11' } },
        layers: [{ title: 'model', arrival: 'sent' }],
        durationsMs: { environment: 4_000 },
        warnings: [],
      },
    });
    expect(found).not.toHaveProperty('waitingFor');
    const [entry] = world.journal();
    expect(entry).toMatchObject({ type: 'slipway.package.built', data: { server: 'python' } });
    expect(eventDataSchema('slipway.package.built').safeParse(entry?.data).success).toBe(true);
    const manifest = await world.images.readManifest('models/heart', 'v1');
    const { layers } = JSON.parse(Buffer.from(manifest?.bytes ?? []).toString());
    expect(layers).toHaveLength(2);
  });

  it('says when it runs with another Python than it was logged with', async () => {
    const python = { wanted: '3.11', used: '3.12' };
    const { environment } = await packageWorld({});
    const world = await setUp(['heart'], { builder: scriptedBuilder(built({ ...environment, python })) });
    await world.settle();

    expect(await world.package('heart')).toMatchObject({
      phase: 'built',
      contents: {
        environment: { python },
        warnings: ['The model was logged with Python 3.11, and runs with Python 3.12.'],
      },
    });
  });

  it('shares the environment with another model that needs the same, however it says so: it is built once', async () => {
    const { environment } = await packageWorld({});
    const builder = scriptedBuilder(RUNNING, built(environment));
    const world = await setUp(['heart', 'lung'], { builder });
    await world.settle();

    const packages = await Promise.all([world.package('heart'), world.package('lung')]);
    expect(packages).toMatchObject([{ phase: 'built' }, { phase: 'built' }]);
    const keys = packages.map((each) => each?.phase === 'built' && each.contents?.environment?.key);
    expect(new Set(keys).size).toBe(1);
    expect(new Set(builder.requests.map(({ buildId }) => buildId)).size).toBe(1);
  });

  it.each([
    ['of what the model asks for', { 'requirements.txt': '-e .\n' }, 'editable', /^requirements\.txt/],
    [
      'of a password in a URL',
      { 'requirements.txt': '--index-url https://ada:secret@feed.example/simple\nmlflow==3.17.2\n' },
      'credential-in-requirement',
      /^(?!.*secret)/,
    ],
  ])('is refused at once because %s, and no environment is asked for', async (_, files, code, told) => {
    const builder = scriptedBuilder();
    const world = await setUp(['heart'], { builder }, pythonModel(files));
    await world.settle();

    expect(await world.package('heart')).toMatchObject({
      phase: 'refused',
      code,
      message: expect.stringMatching(told),
    });
    expect(builder.requests).toEqual([]);
    expect(world.journal()).toMatchObject([{ type: 'slipway.package.refused', data: { code } }]);
  });

  it('is refused with the sentence of an environment that cannot be built', async () => {
    const message = 'There is no scikit-learn 99.9. Name a version that exists.';
    const builder = scriptedBuilder({ kind: 'failed', code: 'no-matching-version', message });
    const world = await setUp(['heart'], { builder });
    await world.settle();

    expect(await world.package('heart')).toMatchObject({ phase: 'refused', code: 'no-matching-version', message });
  });

  it('is built under the name that its model was given meanwhile', async () => {
    const world = await setUp(['heart']);
    await renameModel(world.services, { name: 'heart', newName: 'cardio' }, CAUSE);
    await world.settle();

    expect(await world.package('cardio')).toMatchObject({
      phase: 'built',
      image: expect.stringContaining('/models/cardio@'),
    });
  });
});

describe('a worker that dies', () => {
  const places = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].flatMap((commit) =>
    (['before', 'after'] as const).map((when) => ({ commit, when })),
  );

  it.each(places)(
    '$when commit $commit leaves a package that is built all the same, and told of once',
    async (crashAt) => {
      const { environment } = await packageWorld({});
      const builder = scriptedBuilder(RUNNING, built(environment));
      const world = await packageWorld(pythonModel(), { builder, crashAt });
      const { services } = world;
      const again = async (work: () => Promise<unknown>) => {
        try {
          await work();
        } catch {
          await work().catch(() => undefined);
        }
      };
      await again(() => createModel(services, { name: 'heart' }, CAUSE));
      await again(() => createVersion(services, { name: 'heart', source: 's3://bucket/1' }, CAUSE));
      await again(() => requestPackage(services, wishFor('heart'), CAUSE));

      await world.settle();

      expect(await world.package('heart')).toMatchObject({ phase: 'built', contents: { server: 'python' } });
      expect(world.journal()).toHaveLength(1);
    },
  );

  it('is no different from messages that come twice, late and out of order', async () => {
    const { environment } = await packageWorld({});
    const world = await setUp(['heart'], { builder: scriptedBuilder(RUNNING, built(environment)) });
    const build = () => buildModelPackage(world.services, wishFor('heart'));
    await Promise.all([build(), build(), build()]);
    await world.settle();
    const before = world.documents.all();
    await Promise.all([build(), build()]);

    expect(world.documents.all()).toEqual(before);
    expect(world.journal()).toHaveLength(1);
  });
});
