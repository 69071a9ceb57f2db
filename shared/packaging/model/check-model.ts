import { pathProblem } from '../files/file-path.ts';
import type { ModelFile } from '../files/model-files.ts';
import { type Mlmodel, parseMlmodel } from './mlmodel.ts';
import type { ModelFolder } from './read-model.ts';
import { type Refusal, refusal } from './refusal.ts';
import type { Signature } from './signature.ts';

export interface ModelLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

const DEFAULT_LIMITS: ModelLimits = { maxFiles: 10_000, maxBytes: 512 * 1024 * 1024 };

export type CheckedModel =
  | {
      readonly kind: 'servable';
      readonly mlmodel: Mlmodel;
      readonly signature: Signature;
      readonly signatureJson?: string;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Whether a model can be packaged and served, or the first reason why not. */
export const checkModel = (folder: ModelFolder, limits: ModelLimits = DEFAULT_LIMITS): CheckedModel => {
  const early = checkListing(folder, limits);
  if (early) return { kind: 'refused', refusal: early };
  const parsed = parseMlmodel(folder.mlmodel?.kind === 'text' ? folder.mlmodel.text : '');
  if (parsed.kind === 'refused') return parsed;
  const { mlmodel } = parsed;
  const late = checkClaims(mlmodel, limits) ?? checkFlavor(mlmodel, folder.listing);
  if (late) return { kind: 'refused', refusal: late };
  const { signature } = mlmodel;
  if (!signature?.inputs) return { kind: 'refused', refusal: signatureMissing };
  return { ...parsed, kind: 'servable', mlmodel, signature };
};

const totalBytes = (listing: readonly ModelFile[]): number => listing.reduce((sum, { size }) => sum + size, 0);

const checkListing = ({ listing, mlmodel }: ModelFolder, { maxFiles, maxBytes }: ModelLimits): Refusal | undefined => {
  if (!mlmodel) {
    const what = 'is missing, so this is no MLflow model';
    return refusal('mlmodel-missing', 'MLmodel', what, 'Log it with `mlflow.onnx.log_model`.');
  }
  if (mlmodel.kind === 'too-large') {
    return refusal('mlmodel-too-large', 'MLmodel', 'is larger than 1 MiB', 'Log the model again with MLflow.');
  }
  if (listing.length > maxFiles) {
    const what = `has more than ${maxFiles} files`;
    return refusal('too-many-files', 'The model folder', what, 'Log only what serving needs.');
  }
  if (totalBytes(listing) > maxBytes) return tooLarge('has', totalBytes(listing), maxBytes);
  return checkPaths(listing);
};

const tooLarge = (verb: string, bytes: number, maxBytes: number): Refusal =>
  refusal(
    'model-too-large',
    'The model folder',
    `${verb} ${bytes} bytes, more than the ${maxBytes} that are allowed`,
    'Log a smaller model, or raise the limit.',
  );

const checkPaths = (listing: readonly ModelFile[]): Refusal | undefined => {
  const paths = new Set<string>();
  for (const { path } of listing) {
    const problem = pathProblem(path) ?? (paths.has(path) ? 'is listed twice' : undefined);
    if (problem) return badPath(path, problem);
    paths.add(path);
  }
  const folders = new Set(listing.flatMap(({ path }) => parentFolders(path)));
  const both = listing.find(({ path }) => folders.has(path));
  return both && badPath(both.path, 'is both a file and a folder');
};

const parentFolders = (path: string): string[] => {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
};

const badPath = (path: string, problem: string): Refusal =>
  refusal('path-not-allowed', `The path ${JSON.stringify(path)}`, problem, 'Rename the file and log the model again.');

const checkClaims = ({ model_size_bytes: claimed }: Mlmodel, { maxBytes }: ModelLimits): Refusal | undefined =>
  typeof claimed === 'number' && claimed > maxBytes ? tooLarge('claims', claimed, maxBytes) : undefined;

const checkFlavor = ({ flavors }: Mlmodel, listing: readonly ModelFile[]): Refusal | undefined => {
  if (!flavors.onnx) {
    const names = Object.keys(flavors);
    return refusal(
      'flavor-not-servable',
      'MLmodel',
      `has ${names.length === 0 ? 'no flavor' : `only ${names.join(', ')}`}, but Slipway serves the onnx flavor`,
      'Convert the model, for example with skl2onnx, and log it with `mlflow.onnx.log_model`.',
    );
  }
  const { data } = flavors.onnx;
  const problem = pathProblem(data);
  if (problem) return badPath(data, `that flavors.onnx.data names in MLmodel ${problem}`);
  const isThere = listing.some(({ path }) => path === data);
  if (isThere) return undefined;
  const what = 'is named by flavors.onnx.data in MLmodel, but it is not there';
  return refusal('file-missing', data, what, 'Log the model again, and let the upload finish.');
};

const signatureMissing = refusal(
  'signature-missing',
  'MLmodel',
  'has no signature, so requests could not be checked',
  'Log the model with `signature=infer_signature(inputs, outputs)`.',
);
