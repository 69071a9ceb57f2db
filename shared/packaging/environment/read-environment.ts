import * as z from 'zod';
import { type CondaFile, listOf, readCondaFile, TOOLS } from './conda-file.ts';
import { refuseConflicts } from './conflicts.ts';
import { type EnvironmentRefusal, EnvironmentRefused } from './environment-refusal.ts';
import type { EnvironmentSource } from './environment-source.ts';
import type { EnvironmentSpec } from './environment-spec.ts';
import { pythonMinor } from './python-version.ts';
import { readYaml } from './read-yaml.ts';
import { pinOf, type Requirement, requirementText } from './requirement.ts';
import {
  type Line,
  type RequirementsFile,
  readRequirements,
  requirementLines,
  withoutComment,
} from './requirements-file.ts';

export type ReadEnvironment =
  | {
      readonly kind: 'environment';
      readonly spec: EnvironmentSpec;
      /** Sentences for the person who logged the model. */
      readonly warnings: readonly string[];
    }
  | EnvironmentRefusal;

/**
 * What the model's files say about its environment, in canonical form, or why that cannot be built. `python_env.yaml`
 * with its requirements counts before `requirements.txt` alone, and that before `conda.yaml`, which MLflow writes with
 * the same list; `conda.yaml` counts first when it brings packages of its own and the builder can install them.
 *
 * @see https://mlflow.org/docs/latest/ml/model/dependencies/
 */
export const readEnvironment = (
  source: EnvironmentSource,
  { conda: canConda }: { readonly conda: boolean } = { conda: false },
): ReadEnvironment => {
  try {
    return read(source, canConda);
  } catch (cause) {
    if (cause instanceof EnvironmentRefused) return cause.refusal;
    throw cause;
  }
};

const CONDA = 'conda.yaml';
const PYTHON_ENV = 'python_env.yaml';
const REQUIREMENTS = 'requirements.txt';
const CONSTRAINTS = 'constraints.txt';

const pythonEnvSchema = z.object({ python: z.string().optional(), dependencies: listOf(z.string()) });

const read = (source: EnvironmentSource, canConda: boolean): ReadEnvironment => {
  const { condaYaml, pythonEnvYaml } = source;
  const conda = condaYaml === undefined ? undefined : readCondaFile(condaYaml, CONDA);
  const pythonEnv = pythonEnvYaml === undefined ? undefined : readYaml(pythonEnvSchema, pythonEnvYaml, PYTHON_ENV);
  const byConda = canConda && conda !== undefined && conda.packages.length > 0;
  const wanted = byConda ? pipOf(source, conda.pip, CONDA) : listed(source, pythonEnv?.dependencies ?? [], conda);
  if (wanted === undefined) throw noEnvironment();

  const constraints = wanted.constrained ? constraintsOf(source) : [];
  const requirements = wanted.requirements.filter(({ name }) => !TOOLS.includes(name));
  refuseConflicts(requirements, constraints);
  return {
    kind: 'environment',
    spec: {
      python: pythonOf(source, byConda ? undefined : pythonEnv?.python, conda),
      requirements: texts(requirements),
      constraints: texts(constraints),
      conda: byConda ? { channels: conda.channels, packages: conda.packages } : { channels: [], packages: [] },
      options: wanted.options,
    },
    warnings: [...droppedWarning(byConda ? undefined : conda), ...unpinnedWarning(requirements)],
  };
};

type PipList = Omit<RequirementsFile, 'includes'>;

/** What pip is to install by the first file that says so. */
const listed = (
  source: EnvironmentSource,
  dependencies: readonly string[],
  conda: CondaFile | undefined,
): PipList | undefined => {
  if (dependencies.length > 0) {
    const lines = dependencies.map((text, index) => ({
      where: `${PYTHON_ENV} dependencies[${index}]`,
      text: withoutComment(text),
    }));
    return pipOf(source, lines, PYTHON_ENV);
  }
  if (source.requirementsTxt !== undefined) {
    return pipOf(source, requirementLines(source.requirementsTxt, REQUIREMENTS), REQUIREMENTS);
  }
  return conda === undefined ? undefined : pipOf(source, conda.pip, CONDA);
};

const pipOf = (source: EnvironmentSource, lines: readonly Line[], file: string): PipList => {
  const own = readRequirements(lines, file);
  if (!own.includes) return own;
  if (file === REQUIREMENTS || source.requirementsTxt === undefined) throw absent(file, REQUIREMENTS);
  const included = pipOf(source, requirementLines(source.requirementsTxt, REQUIREMENTS), REQUIREMENTS);
  const indexUrl = included.options.indexUrl ?? own.options.indexUrl;
  return {
    requirements: [...own.requirements, ...included.requirements],
    constrained: own.constrained || included.constrained,
    options: {
      ...(indexUrl === undefined ? {} : { indexUrl }),
      extraIndexUrls: [...own.options.extraIndexUrls, ...included.options.extraIndexUrls],
      pre: own.options.pre || included.options.pre,
      onlyBinary: [...new Set([...own.options.onlyBinary, ...included.options.onlyBinary])].sort(),
      noBinary: [...new Set([...own.options.noBinary, ...included.options.noBinary])].sort(),
    },
  };
};

const constraintsOf = ({ constraintsTxt }: EnvironmentSource): readonly Requirement[] => {
  if (constraintsTxt === undefined) throw absent(REQUIREMENTS, CONSTRAINTS);
  return readRequirements(requirementLines(constraintsTxt, CONSTRAINTS), CONSTRAINTS).requirements;
};

const pythonOf = (
  { pythonVersion }: EnvironmentSource,
  fromPythonEnv: string | undefined,
  conda: CondaFile | undefined,
): string => {
  if (fromPythonEnv !== undefined) return pythonMinor(fromPythonEnv, PYTHON_ENV);
  if (conda?.python !== undefined) return pythonMinor(conda.python, CONDA);
  return pythonMinor(pythonVersion ?? '', pythonVersion === undefined ? 'the model' : 'MLmodel');
};

const texts = (requirements: readonly Requirement[]): readonly string[] =>
  [...new Set(requirements.map(requirementText))].sort();

const droppedWarning = (conda: CondaFile | undefined): readonly string[] =>
  conda === undefined || conda.packages.length === 0
    ? []
    : [
        `${CONDA} names packages that only conda installs, and they are left out: ${conda.packages.join(', ')}. ` +
          'If the model needs them, log it with their pip packages: `pip_requirements=[…]`.',
      ];

const unpinnedWarning = (requirements: readonly Requirement[]): readonly string[] => {
  const names = requirements.filter((one) => one.url === undefined && pinOf(one) === undefined).map(({ name }) => name);
  return names.length === 0
    ? []
    : [
        `without an exact version: ${[...new Set(names)].sort().join(', ')}. ` +
          'The versions of the first build are kept until the environment is refreshed.',
      ];
};

const noEnvironment = () =>
  new EnvironmentRefused(
    'no-environment',
    'the model',
    `has no ${PYTHON_ENV}, ${REQUIREMENTS} or ${CONDA}`,
    'Log it with MLflow’s `log_model`, which writes them.',
  );

const absent = (file: string, wanted: string) =>
  new EnvironmentRefused(
    'requirements-include',
    file,
    `includes ${wanted}, which is not in the model’s folder`,
    `Log the model with ${wanted} beside it, or with the whole list: \`pip_requirements=[…]\`.`,
  );
