import { describe, expect, it } from 'vitest';
import { packageView, toPackageView } from '../../../functions/http/api/package-views.ts';
import { buildModelPackage } from '../../../shared/packaging/build-model-package.ts';
import type { ConversionOption } from '../../../shared/packaging/conversion/conversion-option.ts';
import type { ConversionOutcome } from '../../../shared/packaging/conversion/ports.ts';
import { requestPackage } from '../../../shared/packaging/request-package.ts';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { mlmodelText } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';
import { CAUSE, packageWorld } from '../../support/packaging/package-world.ts';

const FLAVORS = `python_function:
    loader_module: mlflow.sklearn
    model_path: model.pkl
    python_version: 3.11.7
  sklearn:
    pickled_model: model.pkl`;

const MODEL = {
  MLmodel: mlmodelText({ flavors: FLAVORS }),
  'model.pkl': 'pickle',
  'requirements.txt': 'scikit-learn==1.9.1\n',
  'serving_input_example.json': '{"inputs": {"x": [1.5]}}',
};

const GRAPH = memoryFiles({ MLmodel: mlmodelText({ flavors: 'onnx: {data: model.onnx}' }), 'model.onnx': 'graph' });

const TRY: ConversionOption = { convert: 'try', tolerance: 1e-4, missing: 'as-model' };

const REPORT = { converted: true, maxDifference: 0, maxRelativeDifference: 0, rows: 300 };

const setUp = async (onnx: ConversionOption, ...outcomes: ConversionOutcome[]) => {
  const world = await packageWorld(MODEL);
  const wish = { model: 'heart', version: '1' };
  await createModel(world.services, { name: 'heart' }, CAUSE);
  await createVersion(world.services, { name: 'heart', source: 's3://bucket/heart' }, CAUSE);
  await requestPackage(world.services, { ...wish, onnx }, CAUSE);
  const converter = {
    convert: async (): Promise<ConversionOutcome> => outcomes.shift() ?? { kind: 'failed', message: 'asked too often' },
  };
  Object.assign(world.services, { converter });
  return { ...world, build: () => buildModelPackage(world.services, wish) };
};

describe('the package of a model that a policy wants as a graph', () => {
  it('is looked at again while the model is converted', async () => {
    const world = await setUp(TRY, { kind: 'running', lookAgainMs: 3_000 });

    await world.build();

    expect(await world.package('heart')).toMatchObject({
      phase: 'requested',
      wakeUp: { queue: 'build-package', at: world.services.clock() + 3_000 },
    });
    expect(world.journal()).toEqual([]);
  });

  it('holds the graph and the Node server, keeps the model’s example, and tells both figures', async () => {
    const speedUp = { pythonMs: 3, onnxMs: 0.1 };
    const world = await setUp(TRY, { kind: 'done', report: { ...REPORT, speedUp }, files: GRAPH });

    await world.build();

    const found = await world.package('heart');
    if (found?.phase !== 'built') throw new Error('it was not built');
    expect(found.servingInput).toBe('{"inputs": {"x": [1.5]}}');
    const view = packageView.parse(toPackageView(found, 'heart'));
    expect(view.contents).toMatchObject({
      server: 'onnx',
      conversion: { used: true, maxDifference: 0, rows: 300, speedUp: { factor: 30, pythonMs: 3, onnxMs: 0.1 } },
    });
    expect(view.contents).not.toHaveProperty('environment');
  });

  it('holds the model itself when the conversion fails, and the reason', async () => {
    const failed: ConversionOutcome = { kind: 'failed', message: 'out of memory' };
    const world = await setUp(TRY, failed, failed, failed);

    await world.build();
    await world.settle();
    await world.build();

    expect(await world.package('heart')).toMatchObject({
      phase: 'built',
      contents: { server: 'python', conversion: { used: false, reason: expect.stringContaining('out of memory') } },
    });
  });

  it('is refused when the policy requires the graph', async () => {
    const world = await setUp({ ...TRY, convert: 'require' }, { kind: 'failed', message: 'out of memory' });

    await world.build();

    expect(await world.package('heart')).toMatchObject({
      phase: 'refused',
      code: 'conversion-required',
      message: expect.stringContaining('out of memory'),
    });
  });
});
