import { describe, expect, it } from 'vitest';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { planServing } from '../../../shared/packaging/model/plan-serving.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { mlmodelText, tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

const plan = async (files: Readonly<Record<string, string>>, limits?: Parameters<typeof planServing>[1]) =>
  planServing(await readModel(memoryFiles(files)), limits);

const withMlmodel = (parts: Parameters<typeof mlmodelText>[0]) => ({ ...tinyModel(), MLmodel: mlmodelText(parts) });

const withPath = (path: string) => ({ ...tinyModel(), [path]: 'x' });

/** Lists one file of a size that nothing in memory has. */
const claiming = (size: number): ModelFiles => {
  const files = memoryFiles(tinyModel());
  return {
    ...files,
    async *list() {
      yield* files.list();
      yield { path: 'weights.bin', size };
    },
  };
};

describe('a model', () => {
  it('is served as a graph when it has an onnx flavor, its file and a signature', async () => {
    expect(await plan(tinyModel())).toMatchObject({ kind: 'onnx', signature: { inputs: { kind: 'columns' } } });
  });

  it('is served as a graph without a signature too', async () => {
    const planned = await plan(withMlmodel({ signature: 'null' }));

    expect(planned).toMatchObject({ kind: 'onnx' });
    expect(planned).not.toHaveProperty('signature');
  });

  it('has a signature as text only when it has one', async () => {
    expect(await plan(tinyModel())).toHaveProperty('signatureJson', expect.stringContaining('"inputs":[{'));
    expect(await plan(withMlmodel({ signature: 'null' }))).not.toHaveProperty('signatureJson');
  });

  it('is refused when its graph is a folder', async () => {
    const files = { ...withMlmodel({ flavors: 'onnx: {data: graphs}' }), 'graphs/model.onnx': 'graph' };

    expect(await plan(files)).toMatchObject({ refusal: { code: 'file-missing', where: 'graphs' } });
  });

  it.each([
    ['has no MLmodel', { 'model.onnx': 'graph' }, 'mlmodel-missing', 'mlflow.sklearn.log_model'],
    ['has a huge MLmodel', { ...tinyModel(), MLmodel: 'x'.repeat(1024 * 1024 + 1) }, 'mlmodel-too-large', '1 MiB'],
    ['has a broken MLmodel', { ...tinyModel(), MLmodel: '[' }, 'mlmodel-unreadable', 'YAML'],
    ['has no flavor', { ...tinyModel(), MLmodel: 'flavors: {}' }, 'flavor-not-servable', 'no flavor'],
    [
      'has flavors of other languages alone',
      withMlmodel({ flavors: 'crate: {model: crate.bin}\n  mleap: {}' }),
      'flavor-not-servable',
      'only crate, mleap',
    ],
    [
      'lacks the file its flavor names',
      withMlmodel({ flavors: 'onnx: {data: other.onnx}' }),
      'file-missing',
      'other.onnx',
    ],
    [
      'names a file outside',
      withMlmodel({ flavors: 'onnx: {data: ../../etc/passwd}' }),
      'path-not-allowed',
      'leaves its folder',
    ],
    [
      'names an absolute file',
      withMlmodel({ flavors: 'onnx: {data: /etc/passwd}' }),
      'path-not-allowed',
      'is absolute',
    ],
    ['has a path that leaves the folder', withPath('a/../../b'), 'path-not-allowed', 'leaves its folder'],
    ['has an absolute path', withPath('/b'), 'path-not-allowed', 'is absolute'],
    ['has a whiteout', withPath('code/.wh.model.onnx'), 'path-not-allowed', '.wh.'],
    ['has a path with a line break', withPath('a\nb'), 'path-not-allowed', 'control character'],
    ['has a path with a backslash', withPath('a\\b'), 'path-not-allowed', 'backslash'],
    ['has a file that is also a folder', withPath('model.onnx/part'), 'path-not-allowed', 'both a file and a folder'],
    [
      'claims a size of a terabyte',
      withMlmodel({ more: 'model_size_bytes: 1000000000000' }),
      'model-too-large',
      'claims 1000000000000 bytes',
    ],
  ])('is refused when it %s', async (_, files, code, words) => {
    const planned = await plan(files);

    expect(planned).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(planned.kind === 'refused' && planned.refusal.message).toContain(words);
  });

  it('is refused when its listing is larger than allowed, without reading the files', async () => {
    const planned = planServing(await readModel(claiming(1_000_000_000_000)));

    expect(planned).toMatchObject({ kind: 'refused', refusal: { code: 'model-too-large' } });
  });

  it.each([
    ['as many files as allowed', 'more', { maxFiles: 4, maxBytes: 1_000_000 }, 'onnx'],
    ['a path deep in folders', 'model.onnx/a/b', undefined, 'refused'],
    ['a file in a folder in a folder', 'code/a/b', undefined, 'onnx'],
  ])('with %s is %s', async (_, path, limits, kind) => {
    expect(await plan(withPath(path), limits)).toMatchObject({ kind });
  });

  it('may be exactly as large as allowed, and may claim to be', async () => {
    const bytes = Object.values(tinyModel()).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const limited = async (files: Readonly<Record<string, string>>, maxBytes: number) =>
      (await plan(files, { maxFiles: 10, maxBytes })).kind;
    const claims = (size: number) => withMlmodel({ more: `model_size_bytes: ${size}` });

    expect(await limited(tinyModel(), bytes)).toBe('onnx');
    expect(await limited(tinyModel(), bytes - 1)).toBe('refused');
    expect(await limited(claims(100_000), 100_000)).toBe('onnx');
    expect(await limited(claims(100_001), 100_000)).toBe('refused');
    expect(await limited(claims(7), 100_000)).toBe('onnx');
  });

  it('is refused when its listing names a file twice', async () => {
    const folder = await readModel(memoryFiles(tinyModel()));
    const twice = { ...folder, listing: [...folder.listing, ...folder.listing.slice(0, 1)] };

    expect(planServing(twice)).toMatchObject({ kind: 'refused', refusal: { code: 'path-not-allowed' } });
  });

  it('is refused when it has too many files', async () => {
    const planned = await plan(withPath('more'), { maxFiles: 3, maxBytes: 1_000_000 });

    expect(planned).toMatchObject({ kind: 'refused', refusal: { code: 'too-many-files' } });
  });
});

const sklearn =
  'python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}\n  sklearn: {pickled_model: model.pkl, code: null}';

const pythonModel = (parts: Parameters<typeof mlmodelText>[0] = {}) => ({
  MLmodel: mlmodelText({ flavors: sklearn, ...parts }),
  'model.pkl': 'pickle',
  'requirements.txt': 'scikit-learn==1.9.1\n',
});

const SCRIPT = 'import json\n\ndef init():\n    pass\n\ndef run(raw_data):\n    return json.loads(raw_data)\n';

describe('a model of Python', () => {
  it('is served by Python, with or without a signature', async () => {
    expect(await plan(pythonModel())).toMatchObject({
      kind: 'python',
      loader: 'mlflow.sklearn',
      signature: { inputs: { kind: 'columns' } },
      environment: { requirementsTxt: 'scikit-learn==1.9.1\n' },
      codePaths: [],
    });
    expect(await plan(pythonModel({ signature: 'null' }))).not.toHaveProperty('signature');
  });

  it.each([
    ['its own code', 'code: code', { 'code/own/__init__.py': '' }, ['code']],
    ['a model from code', 'model_code_path: /databricks/driver/agent.py', { 'agent.py': '' }, ['agent.py']],
    ['a model from code of Windows', "model_code_path: 'C:\\\\work\\\\agent.py'", { 'agent.py': '' }, ['agent.py']],
    ['code it says it has none of', 'code: null, data: "."', {}, []],
    ['a folder of data', 'data: ./data/', { 'data/model.pth': '' }, []],
    ['artifacts', 'artifacts: {a: {path: artifacts/a, uri: x}, b: {path: null}}', { 'artifacts/a': '' }, []],
  ])('is served with %s', async (_, fields, files, codePaths) => {
    const flavors = `python_function: {loader_module: mlflow.pyfunc.model, ${fields}}`;

    expect(await plan({ ...pythonModel({ flavors }), ...files })).toMatchObject({ kind: 'python', codePaths });
  });

  it.each([
    ['names no loader', '{data: model.pkl}', 'mlmodel-invalid', 'loader_module'],
    ['names a loader that is no module', '{loader_module: "os; x"}', 'mlmodel-invalid', 'no Python module'],
    ['needs Java', '{loader_module: mlflow.spark}', 'flavor-not-servable', 'Java'],
    ['lacks its file', '{loader_module: a, model_path: b.pkl}', 'file-missing', 'b.pkl'],
    ['lacks its object', '{loader_module: a, python_model: b.pkl}', 'file-missing', 'python_model'],
    ['lacks its code', '{loader_module: a, code: code}', 'file-missing', 'code'],
    ['lacks the code it is made of', '{loader_module: a, model_code_path: /x/b.py}', 'file-missing', 'b.py'],
    ['lacks an artifact', '{loader_module: a, artifacts: {w: {path: artifacts/w}}}', 'file-missing', 'artifacts.w'],
    ['names data outside', '{loader_module: a, data: ../../etc}', 'path-not-allowed', 'leaves its folder'],
    ['names code outside', '{loader_module: a, code: /usr/lib}', 'path-not-allowed', 'is absolute'],
  ])('is refused when it %s', async (_, flavor, code, words) => {
    const planned = await plan(pythonModel({ flavors: `python_function: ${flavor}` }));

    expect(planned).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(planned.kind === 'refused' && planned.refusal.message).toContain(words);
  });

  it.each([
    ['the files MLmodel names', 'env: {conda: a/c.yaml, virtualenv: v.yaml}', { condaYaml: 'ac', pythonEnvYaml: 'v' }],
    ['the one name old versions wrote', 'env: a/c.yaml', { condaYaml: 'ac', pythonEnvYaml: 'p' }],
    ['the usual names when it names none', 'env: null', { condaYaml: 'c', pythonEnvYaml: 'p' }],
    ['the usual names when those it names are not there', 'env: {conda: d.yaml}', { condaYaml: 'c' }],
    ['nothing outside the folder', 'env: ../../c.yaml', { condaYaml: 'c' }],
    ['the version of Python with every digit', 'python_version: 3.10', { pythonVersion: '3.10' }],
  ])('has its environment from %s', async (_, field, environment) => {
    const files = {
      ...pythonModel({ flavors: `python_function: {loader_module: mlflow.sklearn, ${field}}` }),
      ...{ 'conda.yaml': 'c', 'a/c.yaml': 'ac', 'python_env.yaml': 'p', 'v.yaml': 'v' },
    };

    expect(await plan(files)).toMatchObject({ kind: 'python', environment });
  });

  it('is refused when a file of its environment is too large to be read', async () => {
    const planned = await plan({ ...pythonModel(), 'requirements.txt': '#'.repeat(1024 * 1024 + 1) });

    expect(planned).toMatchObject({ refusal: { code: 'environment-too-large', where: 'requirements.txt' } });
  });

  it('may have an environment file in the encoding of PowerShell', async () => {
    const requirements = Buffer.from('\ufeffnumpy==2.1.3\r\n', 'utf16le');
    const folder = await readModel(memoryFiles({ ...pythonModel(), 'requirements.txt': requirements }));

    expect(folder.environment.source.requirementsTxt).toBe('numpy==2.1.3\r\n');
  });

  it('is served as a graph when it has one too', async () => {
    expect(await plan({ ...tinyModel(), 'requirements.txt': 'onnxruntime' })).toMatchObject({ kind: 'onnx' });
  });
});

describe('a folder with a scoring script', () => {
  it.each([
    ['alone', { 'score.py': SCRIPT }],
    ['with functions that are imported', { 'score.py': 'from own import (\n  init,\n  run,\n)\n' }],
    ['with an async function', { 'score.py': 'init = print\nasync def run(raw_data): ...\n' }],
    ['with an MLmodel of flavors nobody knows', { 'score.py': SCRIPT, MLmodel: 'flavors: {own: {}}' }],
  ])('is served by Python %s', async (_, files) => {
    expect(await plan({ ...files, 'weights.bin': 'w', 'conda.yml': 'name: c' })).toMatchObject({
      kind: 'python',
      customScript: 'score.py',
      codePaths: ['score.py'],
      environment: { condaYaml: 'name: c' },
    });
  });

  it.each([
    ['run', 'def init(): ...\n# def run(raw_data): ...\n', '`run`'],
    ['init and run', 'class Model:\n  def init(self): ...\n  def run(self): ...\n', '`init` and `run`'],
  ])('is refused when it does not define %s', async (_, script, words) => {
    const planned = await plan({ 'score.py': script });

    expect(planned).toMatchObject({ refusal: { code: 'script-incomplete', where: 'score.py' } });
    expect(planned.kind === 'refused' && planned.refusal.message).toContain(words);
  });

  it('is served through MLflow when MLflow can load it', async () => {
    expect(await plan({ ...pythonModel(), 'score.py': SCRIPT })).toMatchObject({ loader: 'mlflow.sklearn' });
  });

  it('is refused for a broken MLmodel all the same', async () => {
    expect(await plan({ 'score.py': SCRIPT, MLmodel: '[' })).toMatchObject({ refusal: { code: 'mlmodel-unreadable' } });
  });
});
