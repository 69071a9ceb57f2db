import type { Readable } from 'node:stream';
import type { ModelFile, ModelFiles } from '../files/model-files.ts';
import { MAX_MLMODEL_BYTES } from './mlmodel.ts';

/** Longer listings are cut: the model is refused anyway. */
const MAX_LISTED_FILES = 100_000;

const MAX_EXAMPLE_BYTES = 1024 * 1024;

const MLMODEL = 'MLmodel';
const SERVING_EXAMPLE = 'serving_input_example.json';
const INPUT_EXAMPLE = 'input_example.json';

/** A small text file of the model: its content, or that it is too long to be read. */
export type SmallFile = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'too-large' };

/** What a model folder says about itself, read but not judged. */
export interface ModelFolder {
  /** Ordered as listed. */
  readonly listing: readonly ModelFile[];
  readonly mlmodel: SmallFile | undefined;
  /** A whole request body made from the model's own input example. */
  readonly servingInput: ServingInput | undefined;
}

export interface ServingInput {
  readonly path: string;
  readonly content: string;
}

/** The listing, the MLmodel file and the input example of a model. Reads at most a few MiB, however large it is. */
export const readModel = async (files: ModelFiles): Promise<ModelFolder> => {
  const listing: ModelFile[] = [];
  for await (const file of files.list()) {
    listing.push(file);
    if (listing.length >= MAX_LISTED_FILES) break;
  }
  const mlmodel = await readSmall(files, listing, { path: MLMODEL, maxBytes: MAX_MLMODEL_BYTES });
  return { listing, mlmodel, servingInput: await readServingInput(files, listing) };
};

const readServingInput = async (
  files: ModelFiles,
  listing: readonly ModelFile[],
): Promise<ServingInput | undefined> => {
  const serving = await readJson(files, listing, SERVING_EXAMPLE);
  if (serving !== undefined) return { path: SERVING_EXAMPLE, content: serving };
  // MLflow before 2.16 wrote only the example itself, of a DataFrame as its split form.
  const example = await readJson(files, listing, INPUT_EXAMPLE);
  if (example === undefined || !isSplit(JSON.parse(example))) return undefined;
  return { path: INPUT_EXAMPLE, content: `{"dataframe_split":${example}}` };
};

const readJson = async (
  files: ModelFiles,
  listing: readonly ModelFile[],
  path: string,
): Promise<string | undefined> => {
  const file = await readSmall(files, listing, { path, maxBytes: MAX_EXAMPLE_BYTES });
  return file?.kind === 'text' && isJson(file.text) ? file.text : undefined;
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

const readSmall = async (
  files: ModelFiles,
  listing: readonly ModelFile[],
  { path, maxBytes }: { readonly path: string; readonly maxBytes: number },
): Promise<SmallFile | undefined> => {
  const listed = listing.find((file) => file.path === path);
  if (!listed) return undefined;
  if (listed.size > maxBytes) return { kind: 'too-large' };
  const bytes = await readAtMost(await files.open(path), maxBytes);
  return bytes ? { kind: 'text', text: bytes.toString('utf8') } : { kind: 'too-large' };
};

const readAtMost = async (stream: Readable, maxBytes: number): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > maxBytes) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
};
