import type { EnvironmentSource } from '../environment/environment-source.ts';
import { checkListing, checkNamed, DEFAULT_LIMITS, type ModelLimits, namesOf, tooLarge } from './check-listing.ts';
import { checkPythonFlavor, type PythonFunction } from './check-python-flavor.ts';
import type { Mlmodel } from './mlmodel.ts';
import { type ModelFolder, SCORING_SCRIPT } from './read-model.ts';
import { type Refusal, refusal } from './refusal.ts';
import { checkScript } from './scoring-script.ts';
import type { Signature } from './signature.ts';

interface Described {
  /** Of a folder with a scoring script and no MLmodel file: with no flavor. */
  readonly mlmodel: Mlmodel;
  /** The signature as one JSON document in MLflow's own form. */
  readonly signatureJson?: string;
}

/** Served by the Node server, which runs the graph itself. */
export interface OnnxPlan extends Described {
  readonly kind: 'onnx';
  /** Without one the graph's own types are the only ones known. */
  readonly signature?: Signature;
}

/** Served by the Python server, in the environment that the model asks for. */
export interface PythonPlan extends Described {
  readonly kind: 'python';
  /** Without one every input is passed on, as MLflow does. */
  readonly signature?: Signature;
  readonly environment: EnvironmentSource;
  /** The module whose `_load_pyfunc` loads the model, such as `mlflow.sklearn`; absent when a scoring script does. */
  readonly loader?: string;
  /** Files and folders of the model's own Python code, which runs when it is loaded. */
  readonly codePaths: readonly string[];
  /** `score.py` with `init` and `run`, as Azure ML calls them. */
  readonly customScript?: string;
}

export type ServingPlan = OnnxPlan | PythonPlan | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * How a model can be served, or the first reason why it cannot. A graph is preferred to Python, and what MLflow can
 * load to a scoring script beside it.
 */
export const planServing = (folder: ModelFolder, limits: ModelLimits = DEFAULT_LIMITS): ServingPlan => {
  const hasScript = folder.script !== undefined;
  if (folder.mlmodel === undefined && !hasScript) return refused(mlmodelMissing);
  const unpackable = checkListing(folder.listing, limits);
  if (unpackable) return refused(unpackable);
  if (folder.mlmodel?.kind === 'refused') return folder.mlmodel;
  const described: Described = folder.mlmodel ? withoutKind(folder.mlmodel) : { mlmodel: { flavors: {} } };
  const { mlmodel } = described;
  const claimed = mlmodel.model_size_bytes ?? 0;
  if (claimed > limits.maxBytes) return refused(tooLarge('claims', claimed, limits.maxBytes));
  if (mlmodel.flavors.onnx) return planOnnx(folder, described, mlmodel.flavors.onnx.data);
  const flavor = mlmodel.flavors.python_function;
  if (flavor) return planPython(folder, described, flavor);
  return hasScript ? planScript(folder, described) : refused(flavorNotServable(mlmodel));
};

const planOnnx = ({ listing }: ModelFolder, described: Described, data: string): ServingPlan => {
  const problem = checkNamed({ key: 'flavors.onnx.data', path: data }, namesOf(listing), { orFolder: false });
  return problem ? refused(problem) : { kind: 'onnx', ...described, ...signatureOf(described.mlmodel) };
};

const planPython = (folder: ModelFolder, described: Described, flavor: PythonFunction): ServingPlan => {
  const { mlmodel } = described;
  const checked = checkPythonFlavor(flavor, mlmodel, folder.listing);
  if (checked.kind === 'refused') return checked;
  const { loader, codePaths } = checked;
  return withEnvironment(folder, { kind: 'python', ...described, ...signatureOf(mlmodel), loader, codePaths });
};

const planScript = (folder: ModelFolder, described: Described): ServingPlan => {
  const problem = checkScript(folder.script ?? '');
  if (problem) return refused(problem);
  const codePaths = [SCORING_SCRIPT];
  return withEnvironment(folder, {
    kind: 'python',
    ...described,
    ...signatureOf(described.mlmodel),
    codePaths,
    customScript: SCORING_SCRIPT,
  });
};

/** Whether the files say enough for an environment is judged where it is built. */
const withEnvironment = ({ environment }: ModelFolder, plan: Omit<PythonPlan, 'environment'>): ServingPlan => {
  const [huge] = environment.tooLarge;
  if (huge === undefined) return { ...plan, environment: environment.source };
  const fix = 'Name only the packages that serving needs.';
  return refused(refusal('environment-too-large', huge, 'is larger than 1 MiB', fix));
};

const signatureOf = ({ signature }: Mlmodel): { readonly signature?: Signature } => (signature ? { signature } : {});

const withoutKind = ({ mlmodel, signatureJson }: Described): Described =>
  signatureJson === undefined ? { mlmodel } : { mlmodel, signatureJson };

const refused = (why: Refusal): ServingPlan => ({ kind: 'refused', refusal: why });

const mlmodelMissing = refusal(
  'mlmodel-missing',
  'MLmodel',
  'is missing, so this is no MLflow model',
  'Log it with MLflow, for example with `mlflow.sklearn.log_model`, or add a `score.py` with `init` and `run`.',
);

const flavorNotServable = ({ flavors }: Mlmodel): Refusal => {
  const names = Object.keys(flavors);
  return refusal(
    'flavor-not-servable',
    'MLmodel',
    `has ${names.length === 0 ? 'no flavor' : `only ${names.join(', ')}`}, but Slipway serves onnx and python_function`,
    'Log the model with MLflow for Python, which writes python_function, or convert it to ONNX.',
  );
};
