import { describe, expect, it } from 'vitest';
import { modelReport } from '../../../shared/packaging/model/report.ts';
import { reportModel } from '../../../shared/packaging/model/report-model.ts';
import { mlmodelText, tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

type Files = Readonly<Record<string, string | Uint8Array>>;

const report = async (files: Files) => modelReport.parse(await reportModel(memoryFiles(files)));

const REQUIREMENTS = 'mlflow==3.17.2\nscikit-learn>=1.9\npandas\n';

const sklearn = (more: Files = {}, flavor = 'sklearn: {pickled_model: model.pkl, sklearn_version: 1.9.1}'): Files => ({
  MLmodel: mlmodelText({
    flavors: `python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, python_version: 3.11.7}\n  ${flavor}`,
    more: 'run_id: 12e45\nmodel_id: m-1',
  }),
  'model.pkl': PICKLE,
  'python_env.yaml': 'python: 3.11.7\ndependencies:\n- -r requirements.txt\n',
  'requirements.txt': REQUIREMENTS,
  'input_example.json': '{"columns": ["x"], "data": [[1.5]]}',
  ...more,
});

const withoutEnvironment: Files = { MLmodel: mlmodelText({ flavors: 'python_function: {loader_module: a}' }) };

const PICKLE = Buffer.from([0x80, 0x04, 0x95, 0x0a, 0x00]);

describe('the report on a model', () => {
  it('says what it is', async () => {
    expect(await report(sklearn())).toMatchObject({
      serving: { kind: 'servable', server: 'python', why: 'mlflow.sklearn loads it' },
      model: {
        flavors: [
          { name: 'python_function', versions: { python: '3.11.7' } },
          { name: 'sklearn', versions: { sklearn: '1.9.1' } },
        ],
        loader: 'mlflow.sklearn',
        mlflowVersion: '3.17.2',
        runId: '12e45',
        modelId: 'm-1',
        createdAt: '2026-01-02T03:04:05.000Z',
      },
      files: { count: 5 },
      signature: { inputs: ['x: double'], outputs: ['y: float'], params: [] },
      examples: {
        input: { path: 'input_example.json', sizeBytes: 35 },
        serving: { body: '{"dataframe_split":{"columns": ["x"], "data": [[1.5]]}}' },
      },
      environment: { file: 'requirements.txt', python: '3.11', requirements: 3, unpinned: ['pandas', 'scikit-learn'] },
    });
  });

  it('says that a graph is served without Python, and that nothing of it is run', async () => {
    expect(await report({ ...tinyModel(), 'old.pkl': PICKLE })).toMatchObject({
      serving: { kind: 'servable', server: 'node' },
      risk: { runsCode: false, message: expect.stringContaining('data'), files: [{ path: 'old.pkl' }, {}] },
      missing: [],
    });
  });

  it('names what is missing, with how to put it right', async () => {
    const files = sklearn({
      MLmodel: mlmodelText({ flavors: 'python_function: {loader_module: a}', signature: 'null' }),
    });
    const { 'input_example.json': _, ...without } = files;
    const { missing } = await report(without);

    expect(missing.map(({ what, fix }) => `${what} – ${fix}`)).toEqual([
      expect.stringMatching(/^no signature.*infer_signature/),
      expect.stringMatching(/^no input example.*input_example=/),
      expect.stringMatching(/^without an exact version: pandas, scikit-learn/),
    ]);
  });

  it.each([
    ['it is no model', { 'a.txt': 'a' }, 'mlmodel-missing'],
    ['its MLmodel is broken', { MLmodel: '[' }, 'mlmodel-unreadable'],
    ['it has a bad path', { ...tinyModel(), '.wh.x': '' }, 'path-not-allowed'],
    [
      'it has no environment',
      { MLmodel: mlmodelText({ flavors: 'python_function: {loader_module: a}' }) },
      'no-environment',
    ],
    [
      'its environment is a bomb',
      sklearn({ 'python_env.yaml': `dependencies: ${'['.repeat(9_999)}` }),
      'environment-unreadable',
    ],
    [
      'its conda file is a bomb of aliases',
      { ...withoutEnvironment, 'conda.yaml': `a: &a [x, x]\nb: &b [${'*a, '.repeat(99)}]\nc: [${'*b, '.repeat(99)}]` },
      'environment-unreadable',
    ],
    [
      'it wants a credential',
      sklearn({ 'requirements.txt': 'a @ https://u:p@x.org/a.whl' }),
      'credential-in-requirement',
    ],
  ])('says why it is refused when %s', async (_, files, code) => {
    const made = await report(files);

    expect(made).toMatchObject({ serving: { kind: 'refused', code }, files: { count: Object.keys(files).length } });
    expect(made.serving).not.toMatchObject({ message: expect.stringContaining('u:p@') });
  });

  it('is made of a model that a scoring script serves', async () => {
    const script = 'def init(): ...\ndef run(raw): ...\n';

    expect(
      await report({
        'score.py': script,
        'requirements.txt': 'numpy==2.1.3',
        'conda.yaml': 'dependencies: [python=3.11]',
      }),
    ).toMatchObject({
      serving: { kind: 'servable', server: 'python', why: expect.stringContaining('score.py') },
      risk: { runsCode: true, code: ['score.py'] },
    });
  });
});

describe('the risk of a model', () => {
  const risk = async (files: Files) => (await report(files)).risk;

  it('is a pickle, with what that means and what would be safe', async () => {
    expect(await risk(sklearn())).toMatchObject({
      runsCode: true,
      message: expect.stringMatching(/trust.*ONNX, skops/),
      files: [{ path: 'model.pkl', format: 'pickle', runsCode: true, toldBy: 'content' }],
    });
  });

  it('is none when the flavor writes data', async () => {
    const files: Files = {
      ...sklearn({}, 'sklearn: {pickled_model: model.skops, serialization_format: skops}'),
      'model.skops': 'PK',
    };
    const { 'model.pkl': _, ...safe } = files;
    const MLmodel = String(safe['MLmodel']).replace('model_path: model.pkl', 'model_path: model.skops');

    expect(await risk({ ...safe, MLmodel })).toMatchObject({
      runsCode: false,
      files: [{ path: 'model.skops', runsCode: false }],
    });
  });

  it('is seen behind the name of something harmless', async () => {
    const files = sklearn({ 'weights.safetensors': PICKLE });

    expect(await risk(files)).toMatchObject({ message: expect.stringContaining('weights.safetensors runs code') });
  });

  it('is the model’s own code too', async () => {
    const MLmodel = mlmodelText({ flavors: 'python_function: {loader_module: own.load, code: code}' });
    const { 'model.pkl': _, ...files } = sklearn({ MLmodel, 'code/own/load.py': 'def _load_pyfunc(path): ...' });

    expect(await risk(files)).toMatchObject({
      runsCode: true,
      code: ['code'],
      message: expect.stringContaining('code'),
    });
  });

  it('is told from at most 64 files, those that are loaded first', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`data/${at}.bin`, 'x'.repeat(100)]));
    const made = await risk({ ...many, ...sklearn() });

    expect(made).toMatchObject({ files: [{ path: 'model.pkl', toldBy: 'content' }] });
    expect(made?.unread).toBe(100 + 2 - 64);
  });
});
