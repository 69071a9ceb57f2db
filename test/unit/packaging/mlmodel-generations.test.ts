import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { planServing } from '../../../shared/packaging/model/plan-serving.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

const planned = async (generation: string, others: readonly string[]) => {
  const text = readFileSync(new URL(`./fixtures/mlmodels/mlflow-${generation}.yaml`, import.meta.url), 'utf8');
  const files = Object.fromEntries(others.map((path) => [path, `content of ${path}`]));
  return planServing(await readModel(memoryFiles({ MLmodel: text, ...files })));
};

const PYTHON_ENV = ['conda.yaml', 'python_env.yaml', 'requirements.txt'];

describe('an MLmodel file', () => {
  it.each([
    ['0.8-sklearn', ['model.pkl'], { loader: 'mlflow.sklearn', environment: { pythonVersion: '2.7.15' } }],
    ['1.0-sklearn', ['model.pkl', 'conda.yaml'], { environment: { condaYaml: 'content of conda.yaml' } }],
    [
      '1.14-xgboost',
      ['model.xgb', 'conda.yaml'],
      {
        loader: 'mlflow.xgboost',
        signature: { inputs: { columns: [{ name: 'sepal length (cm)', required: true }, { required: true }] } },
        mlmodel: { saved_input_example_info: { type: 'dataframe' } },
      },
    ],
    ['1.30-lightgbm', ['model.lgb', 'conda.yaml', 'requirements.txt'], { mlmodel: { mlflow_version: '1.30.0' } }],
    ['2.3-pytorch', ['data/model.pth', ...PYTHON_ENV], { loader: 'mlflow.pytorch', codePaths: [] }],
    [
      '2.9-pyfunc',
      ['python_model.pkl', 'code/own.py', 'artifacts/tokenizer/vocab.json', 'artifacts/vocabulary.txt', ...PYTHON_ENV],
      {
        loader: 'mlflow.pyfunc.model',
        codePaths: ['code'],
        environment: { pythonVersion: '3.10' },
        mlmodel: { run_id: '12345e67890123456789012345678901', metadata: { team: 'search' } },
        signature: {
          params: [
            { name: 'temperature', isList: false },
            { name: 'stop', isList: true },
          ],
        },
      },
    ],
    [
      '2.14-langchain-from-code',
      ['chain.py', ...PYTHON_ENV],
      { codePaths: ['chain.py'], mlmodel: { flavors: { langchain: { databricks_dependency: {} } } } },
    ],
    [
      '3.1-logged-model',
      ['model.pkl', ...PYTHON_ENV],
      {
        mlmodel: { model_id: 'm-3f0a9a4b1c2d4e5f8a7b6c5d4e3f2a1b', prompts: null },
        signature: { outputs: { columns: [{ type: { kind: 'map' } }] } },
      },
    ],
    ['3.17-sklearn-skops', ['model.skops', ...PYTHON_ENV], { environment: { pythonVersion: '3.11.7' } }],
    ['3.17-pyfunc', ['python_model.pkl', 'code/a.py', 'artifacts/art.txt', ...PYTHON_ENV], { codePaths: ['code'] }],
    ['3.17-from-code', ['mymodel.py', ...PYTHON_ENV], { codePaths: ['mymodel.py'] }],
    ['3.17-own-loader', ['code/mycode/ldr.py', 'data/art.txt', ...PYTHON_ENV], { loader: 'mycode.ldr' }],
  ])('of MLflow %s is served by Python', async (generation, files, expected) => {
    expect(await planned(generation, files)).toMatchObject({ kind: 'python', ...expected });
  });

  it('of MLflow 2.22 with a graph is served as a graph', async () => {
    expect(await planned('2.22-onnx', ['model.onnx', 'model.onnx.data', ...PYTHON_ENV])).toMatchObject({
      kind: 'onnx',
      signature: { inputs: { columns: [{ required: true }, { required: false }] } },
    });
  });

  it.each([
    ['2.4-spark', ['sparkml/metadata/part-0', ...PYTHON_ENV], 'Java'],
    ['2.0-r-crate', ['crate.bin'], 'only crate'],
  ])('of MLflow %s is refused', async (generation, files, words) => {
    const plan = await planned(generation, files);

    expect(plan).toMatchObject({ kind: 'refused', refusal: { code: 'flavor-not-servable' } });
    expect(plan.kind === 'refused' && plan.refusal.message).toContain(words);
  });
});
