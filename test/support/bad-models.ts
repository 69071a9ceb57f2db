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

const SKLEARN = `flavors:
  python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}
  sklearn: {pickled_model: model.pkl, serialization_format: cloudpickle}
signature: {inputs: '[{"type": "double", "name": "age"}]', outputs: null}
`;

/** Models that no amount of trying can serve, each spoiled in one way, by the name to register it under. */
export const badModels = async (): Promise<Readonly<Record<string, BadModel>>> => {
  const good = await goodModel();
  const mlmodel = String(good['MLmodel']);
  const spoiled = (text: string): ModelFolder => ({ ...good, MLmodel: text });
  return {
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
      told: /^MLmodel is missing, so this is no MLflow model\. Log it with `mlflow\.onnx\.log_model`\.$/,
    },
    'bad-no-file': {
      why: 'no file where its flavor says',
      files: without(good, 'model.onnx'),
      told: /^model\.onnx is named by flavors\.onnx\.data in MLmodel, but it is not there\. .+$/,
    },
    'bad-unsigned': {
      why: 'no signature',
      files: spoiled(mlmodel.slice(0, mlmodel.indexOf('signature:'))),
      told: /^MLmodel has no signature, .+ Log the model with `signature=infer_signature\(inputs, outputs\)`\.$/,
    },
    'bad-flavor': {
      why: 'a pickle as its only flavor',
      files: { MLmodel: SKLEARN, 'model.pkl': 'gASVBwAAAAAAAAB9lC4=' },
      told: /^MLmodel has only python_function, sklearn, but Slipway serves the onnx flavor\. Convert the model/,
    },
    'bad-size': {
      why: 'a gigabyte by its own account',
      files: spoiled(mlmodel.replace(/model_size_bytes: \d+/, 'model_size_bytes: 1073741824')),
      told: /^The model folder claims 1073741824 bytes, more than the 536870912 that are allowed\. .+$/,
    },
    'bad-escape': {
      why: 'a flavor whose file is outside of its folder',
      files: spoiled(mlmodel.replaceAll('data: model.onnx', 'data: ../../../etc/passwd')),
      told: /^The path "\.\.\/\.\.\/\.\.\/etc\/passwd" that flavors\.onnx\.data names in MLmodel leaves its folder/,
    },
  };
};
