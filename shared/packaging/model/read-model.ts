import type { EnvironmentSource } from '../environment/environment-source.ts';
import { pathProblem } from '../files/file-path.ts';
import type { ModelFile, ModelFiles } from '../files/model-files.ts';
import { readText } from '../files/read-text.ts';
import { MAX_MLMODEL_BYTES, type Mlmodel, type ParsedMlmodel, parseMlmodel } from './mlmodel.ts';
import { refusal } from './refusal.ts';

/** Longer listings are cut: the model is refused anyway. */
const MAX_LISTED_FILES = 100_000;

/** Bytes, of an example, a script, and each file of the environment. */
const MAX_TEXT_BYTES = 1024 * 1024;

const MLMODEL = 'MLmodel';
const SERVING_EXAMPLE = 'serving_input_example.json';
const INPUT_EXAMPLE = 'input_example.json';
export const SCORING_SCRIPT = 'score.py';

/** MLflow writes the first; Azure ML's own examples have the others beside a scoring script. */
const CONDA_FILES = ['conda.yaml', 'conda.yml', 'environment.yml', 'environment.yaml'];

/** What a model folder says about itself, read but not judged. */
export interface ModelFolder {
  /** Ordered as listed. */
  readonly listing: readonly ModelFile[];
  /** Undefined when there is no MLmodel file. */
  readonly mlmodel: ParsedMlmodel | undefined;
  readonly environment: EnvironmentFiles;
  /** Text of `score.py`. */
  readonly script: string | undefined;
  /** A whole request body made from the model's own input example. */
  readonly servingInput: ServingInput | undefined;
}

export interface EnvironmentFiles {
  readonly source: EnvironmentSource;
  /** Files that would count, but are too large to be read. */
  readonly tooLarge: readonly string[];
}

export interface ServingInput {
  readonly path: string;
  readonly content: string;
}

/** Reads what a model folder says about itself: a few MiB at most, however large the folder is. */
export const readModel = async (files: ModelFiles): Promise<ModelFolder> => {
  const listing: ModelFile[] = [];
  for await (const file of files.list()) {
    listing.push(file);
    if (listing.length >= MAX_LISTED_FILES) break;
  }
  const reading: Reading = { files, byPath: new Map(listing.map((file) => [file.path, file])) };
  const mlmodel = await readMlmodel(reading);
  return {
    listing,
    mlmodel,
    environment: await readEnvironment(reading, mlmodel?.kind === 'parsed' ? mlmodel.mlmodel : undefined),
    script: await textOf(reading, SCORING_SCRIPT),
    servingInput: await readServingInput(reading),
  };
};

interface Reading {
  readonly files: ModelFiles;
  readonly byPath: ReadonlyMap<string, ModelFile>;
}

const readMlmodel = async (reading: Reading): Promise<ParsedMlmodel | undefined> => {
  const file = await readSmall(reading, MLMODEL, MAX_MLMODEL_BYTES);
  if (file === undefined) return undefined;
  if (file.kind === 'text') return parseMlmodel(file.text);
  const tooLarge = refusal('mlmodel-too-large', MLMODEL, 'is larger than 1 MiB', 'Log the model again with MLflow.');
  return { kind: 'refused', refusal: tooLarge };
};

const readEnvironment = async (reading: Reading, mlmodel: Mlmodel | undefined): Promise<EnvironmentFiles> => {
  const flavor = mlmodel?.flavors.python_function;
  // Before MLflow 1.27 it was the name of the conda file alone.
  const named = typeof flavor?.env === 'string' ? { conda: flavor.env } : flavor?.env;
  const texts: Record<string, string> = {};
  const tooLarge: string[] = [];
  const candidates = {
    condaYaml: [named?.conda, ...CONDA_FILES],
    pythonEnvYaml: [named?.virtualenv, 'python_env.yaml'],
    requirementsTxt: ['requirements.txt'],
    constraintsTxt: ['constraints.txt'],
  };
  for (const [field, paths] of Object.entries(candidates)) {
    const path = paths.find((candidate) => typeof candidate === 'string' && reading.byPath.has(candidate));
    const file = path ? await readSmall(reading, path, MAX_TEXT_BYTES) : undefined;
    if (file?.kind === 'text') texts[field] = file.text;
    else if (path && file) tooLarge.push(path);
  }
  const pythonVersion = flavor?.python_version;
  return { source: { ...texts, ...(pythonVersion ? { pythonVersion } : {}) }, tooLarge };
};

const readServingInput = async (reading: Reading): Promise<ServingInput | undefined> => {
  const serving = await readJson(reading, SERVING_EXAMPLE);
  if (serving !== undefined) return { path: SERVING_EXAMPLE, content: serving };
  // MLflow before 2.16 wrote only the example itself, of a DataFrame as its split form.
  const example = await readJson(reading, INPUT_EXAMPLE);
  if (example === undefined || !isSplit(JSON.parse(example))) return undefined;
  return { path: INPUT_EXAMPLE, content: `{"dataframe_split":${example}}` };
};

const readJson = async (reading: Reading, path: string): Promise<string | undefined> => {
  const text = await textOf(reading, path);
  return text !== undefined && isJson(text) ? text : undefined;
};

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

const isSplit = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'columns' in value && 'data' in value;

const textOf = async (reading: Reading, path: string): Promise<string | undefined> => {
  const file = await readSmall(reading, path, MAX_TEXT_BYTES);
  return file?.kind === 'text' ? file.text : undefined;
};

type SmallFile = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'too-large' };

const readSmall = async (
  { files, byPath }: Reading,
  path: string,
  maxBytes: number,
): Promise<SmallFile | undefined> => {
  const listed = byPath.get(path);
  // A folder may list names that lead elsewhere: they are refused, never opened.
  if (!listed || pathProblem(path) !== undefined) return undefined;
  if (listed.size > maxBytes) return { kind: 'too-large' };
  const text = await readText(await files.open(path), maxBytes);
  return text === undefined ? { kind: 'too-large' } : { kind: 'text', text };
};
