import type { ModelFile } from '../files/model-files.ts';
import { checkNamed, namesOf } from './check-listing.ts';
import type { Mlmodel } from './mlmodel.ts';
import { type Refusal, refusal } from './refusal.ts';

/** Loaders that start a Java machine, which a Python image does not have. */
const JAVA_LOADERS = ['mlflow.spark', 'mlflow.h2o', 'mlflow.johnsnowlabs', 'mlflow.mleap'];

export type PythonFunction = NonNullable<Mlmodel['flavors']['python_function']>;

export type CheckedPython =
  | { readonly kind: 'loadable'; readonly loader: string; readonly codePaths: readonly string[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Whether all that `mlflow.pyfunc.load_model` would look for is there. */
export const checkPythonFlavor = (
  flavor: PythonFunction,
  mlmodel: Mlmodel,
  listing: readonly ModelFile[],
): CheckedPython => {
  const loader = flavor.loader_module ?? '';
  const problem = checkLoader(loader) ?? checkFiles(flavor, listing);
  if (problem) return { kind: 'refused', refusal: problem };
  return { kind: 'loadable', loader, codePaths: codePaths(flavor, mlmodel) };
};

const checkLoader = (loader: string): Refusal | undefined => {
  if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/.test(loader)) {
    const what = `names ${JSON.stringify(loader)} as flavors.python_function.loader_module, which is no Python module`;
    return refusal('mlmodel-invalid', 'MLmodel', what, 'Log the model again with MLflow.');
  }
  if (!JAVA_LOADERS.includes(loader)) return undefined;
  const what = `is loaded by ${loader}, which needs Java`;
  const fix = 'Convert the model, for example to ONNX with onnxmltools, and log it with `mlflow.onnx.log_model`.';
  return refusal('flavor-not-servable', 'The model', what, fix);
};

const checkFiles = (flavor: PythonFunction, listing: readonly ModelFile[]): Refusal | undefined => {
  const names = namesOf(listing);
  for (const { key, path } of namedPaths(flavor)) {
    // A folder given as `.` is the model's own.
    const normal = path.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
    if (normal === '' || normal === '.') continue;
    const problem = checkNamed({ key: `flavors.python_function.${key}`, path: normal }, names, { orFolder: true });
    if (problem) return problem;
  }
  return undefined;
};

const namedPaths = (flavor: PythonFunction): readonly { readonly key: string; readonly path: string }[] => {
  const { data, model_path, python_model, code, artifacts } = flavor;
  const named = {
    data,
    model_path,
    python_model,
    code,
    model_code_path: modelCode(flavor),
    ...Object.fromEntries(Object.entries(artifacts ?? {}).map(([name, { path }]) => [`artifacts.${name}.path`, path])),
  };
  return Object.entries(named).flatMap(([key, path]) => (typeof path === 'string' ? [{ key, path }] : []));
};

/** MLflow writes where the code was when it was logged; the file is at the root of the folder under its name. */
const modelCode = (flavor: PythonFunction): string | undefined =>
  flavor.model_code_path?.split(/[\\/]/).findLast((part) => part !== '');

const codePaths = (pythonFunction: PythonFunction, { flavors }: Mlmodel): readonly string[] => {
  const native = Object.values(flavors).map((flavor) => (flavor as { readonly code?: unknown } | null)?.code);
  const paths = [...native, modelCode(pythonFunction)];
  return [...new Set(paths.filter((path): path is string => typeof path === 'string' && path !== ''))];
};
