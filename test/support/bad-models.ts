import { readFile } from 'node:fs/promises';

const V1 = new URL('../../examples/diabetes/models/v1/', import.meta.url);

/** Files of a model folder by name. */
export type ModelFolder = Readonly<Record<string, string | Buffer>>;

export interface BadModel {
  readonly why: string;
  readonly files: ModelFolder;
  /** What the person who logged it is told. */
  readonly told: RegExp;
}

/** A model that can be served, as MLflow wrote it. */
export const goodModel = async (): Promise<ModelFolder> => {
  const names = ['MLmodel', 'model.onnx', 'input_example.json', 'serving_input_example.json'];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(new URL(name, V1))])));
};

const without = (files: ModelFolder, name: string): ModelFolder =>
  Object.fromEntries(Object.entries(files).filter(([other]) => other !== name));

const JAVA = `flavors:
  spark: {model_data: sparkml, pyspark_version: 3.5.0}
signature: {inputs: '[{"type": "double", "name": "age"}]', outputs: null}
`;

const SKLEARN = `flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl, python_version: 3.11.7}
  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle}
signature: {inputs: '[{"type": "double", "name": "age"}]', outputs: null}
`;

/** A model that only Python can serve, and that asks for these packages. */
const pythonModel = (requirements: string, python = '3.11.7'): ModelFolder => ({
  MLmodel: SKLEARN,
  'model.pkl': 'gASVBwAAAAAAAAB9lC4=',
  'python_env.yaml': `python: ${python}\ndependencies:\n- -r requirements.txt\n`,
  'requirements.txt': requirements,
});

/** Environments that nobody should build, or nobody can, by the name to register their model under. */
const badEnvironments = (): Readonly<Record<string, BadModel>> => ({
  'bad-password': {
    why: 'a password in the address of a package index',
    files: pythonModel('--extra-index-url https://ada:hunter2@feed.example/simple\nmlflow==3.17.2\n'),
    told: /^requirements\.txt:1 holds a URL with a credential in it\. (?!.*hunter2)/,
  },
  'bad-editable': {
    why: 'a package that is installed in place',
    files: pythonModel('mlflow==3.17.2\n-e ./src\n'),
    told: /^requirements\.txt:2 installs a package in place from a folder/,
  },
  'bad-branch': {
    why: 'a branch of a repository',
    files: pythonModel('mlflow==3.17.2\nours @ git+https://github.com/example/ours@main\n'),
    told: /^requirements\.txt:2 names a branch or tag, which can change .+ Name the commit by its 40 hex digits/,
  },
  'bad-pins': {
    why: 'two pins that contradict each other',
    files: pythonModel('mlflow==3.17.2\nnumpy==2.1.3\nnumpy==1.26.4\n'),
    told: /^requirements\.txt:\d asks for numpy==.+ Leave one of them\.$/,
  },
  'bad-python': {
    why: 'a Python of another age',
    files: pythonModel('mlflow==1.0.0\n', '2.7.18'),
    told: /^python_env\.yaml names no Python that is served \('2\.7\.18'\)\. .+$/,
  },
  'bad-include': {
    why: 'a file that was not logged with it',
    files: pythonModel('-r base.txt\nmlflow==3.17.2\n'),
    told: /^requirements\.txt:1 includes another file \('base\.txt'\) that is not logged with the model/,
  },
  'bad-no-environment': {
    why: 'no word about its packages',
    files: { MLmodel: SKLEARN, 'model.pkl': 'gASVBwAAAAAAAAB9lC4=' },
    told: /^the model has no python_env\.yaml, requirements\.txt or conda\.yaml\. .+$/,
  },
});

/** Models that no amount of trying can serve, each spoiled in one way, by the name to register it under. */
export const badModels = async (): Promise<Readonly<Record<string, BadModel>>> => {
  const good = await goodModel();
  const mlmodel = String(good['MLmodel']);
  const spoiled = (text: string): ModelFolder => ({ ...good, MLmodel: text });
  return {
    ...badEnvironments(),
    'bad-yaml': {
      why: 'an MLmodel that is no YAML',
      files: spoiled('flavors: {onnx: [unclosed\n  : :'),
      told: /^MLmodel cannot be read safely as YAML: .+ Log the model again with MLflow\.$/,
    },
    'bad-scalar': {
      why: 'an MLmodel of another shape',
      files: spoiled('just a text'),
      told: /^MLmodel does not have the fields MLflow writes \(.+\)\. Log the model again/,
    },
    'bad-bomb': {
      why: 'an MLmodel that expands without end',
      files: spoiled(
        `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replaceAll(/./g, (name) => `${name}: &${name} [${Array(9).fill(`*${String.fromCharCode(name.charCodeAt(0) - 1)}`)}]\n`)}`,
      ),
      told: /^MLmodel cannot be read safely as YAML: .+/,
    },
    'bad-no-mlmodel': {
      why: 'no MLmodel',
      files: without(good, 'MLmodel'),
      told: /^MLmodel is missing, so this is no MLflow model\. Log it with MLflow, .+$/,
    },
    'bad-no-file': {
      why: 'no file where its flavor says',
      files: without(good, 'model.onnx'),
      told: /^model\.onnx is named by flavors\.onnx\.data in MLmodel, but it is not there\. .+$/,
    },
    'bad-flavor': {
      why: 'a flavor that needs Java',
      files: { MLmodel: JAVA },
      told: /^MLmodel has only spark, but Slipway serves onnx and python_function\. .+$/,
    },
    'bad-size': {
      why: 'a terabyte by its own account',
      files: spoiled(mlmodel.replace(/model_size_bytes: \d+/, 'model_size_bytes: 1099511627776')),
      told: /^The model folder claims 1099511627776 bytes, more than the 68719476736 that are allowed\. .+$/,
    },
    'bad-escape': {
      why: 'a flavor whose file is outside of its folder',
      files: spoiled(mlmodel.replaceAll('data: model.onnx', 'data: ../../../etc/passwd')),
      told: /^The path "\.\.\/\.\.\/\.\.\/etc\/passwd" that flavors\.onnx\.data names in MLmodel leaves its folder/,
    },
  };
};
