import { isScalar, type ParsedNode, parseDocument, visit } from 'yaml';
import * as z from 'zod';
import { type Refusal, refusal } from './refusal.ts';
import { signatureSchema } from './signature.ts';

/** Bytes. MLflow writes a few KiB; signatures of a thousand columns stay below 200 KiB. */
export const MAX_MLMODEL_BYTES = 1024 * 1024;

/** Aliases may stand for at most this many nodes in all; MLflow writes none. */
const MAX_ALIAS_COUNT = 100;

/** Levels of brackets or indentation that are still read; keeps a hostile file from exhausting the stack. */
const MAX_NESTING = 200;

const text = z.union([z.string(), z.number(), z.bigint()]).transform(String);

const environment = z.union([z.string(), z.looseObject({ conda: text.optional(), virtualenv: text.optional() })]);

const pythonFunction = z.looseObject({
  loader_module: z.string().optional(),
  data: z.string().nullish(),
  model_path: z.string().nullish(),
  code: z.string().nullish(),
  python_version: text.nullish(),
  env: environment.nullish(),
});

const onnx = z.looseObject({
  data: z.string(),
  code: z.string().nullish(),
  onnx_version: text.nullish(),
});

const inputExample = z.looseObject({
  artifact_path: z.string().optional(),
  serving_input_path: z.string().nullish(),
  type: z.string().optional(),
});

/** The fields of an MLmodel file that packaging reads. Unknown keys are kept. */
const mlmodelSchema = z.looseObject({
  flavors: z.looseObject({ python_function: pythonFunction.optional(), onnx: onnx.optional() }),
  signature: signatureSchema.nullish(),
  saved_input_example_info: inputExample.nullish(),
  model_uuid: text.nullish(),
  model_id: text.nullish(),
  run_id: text.nullish(),
  artifact_path: text.nullish(),
  utc_time_created: text.nullish(),
  mlflow_version: text.nullish(),
  model_size_bytes: z.number().int().nonnegative().nullish(),
});

/** An MLmodel file with its signature typed. */
export type Mlmodel = Readonly<z.infer<typeof mlmodelSchema>>;

export type ParsedMlmodel =
  | {
      readonly kind: 'parsed';
      readonly mlmodel: Mlmodel;
      /** The signature as one JSON document in MLflow's own form. */
      readonly signatureJson?: string;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The parsed file, or why it cannot be read. Never throws, whatever the text is. */
export const parseMlmodel = (content: string): ParsedMlmodel => {
  const document = readYaml(content);
  if (document.kind === 'refused') return document;
  const parsed = mlmodelSchema.safeParse(document.value);
  if (parsed.success) return { kind: 'parsed', mlmodel: parsed.data, ...signatureJson(document.value) };
  return parsed.error.issues[0]?.path[0] === 'signature' ? signatureInvalid(parsed.error) : invalid(parsed.error);
};

/** Only for values that the schema took: each part is JSON. */
const signatureJson = (value: unknown): { readonly signatureJson?: string } => {
  const { signature } = value as { readonly signature?: Readonly<Record<string, string | null>> | null };
  if (!signature) return {};
  const parts = ['inputs', 'outputs', 'params'].map((part) => [part, JSON.parse(signature[part] ?? 'null')] as const);
  return { signatureJson: JSON.stringify(Object.fromEntries(parts)) };
};

type Refused = ParsedMlmodel & { readonly kind: 'refused' };

const readYaml = (content: string): Refused | { readonly kind: 'yaml'; readonly value: unknown } => {
  if (nestsTooDeeply(content)) return unreadable(`it is nested more than ${MAX_NESTING} levels deep`);
  try {
    // The library's check for repeated keys compares each key with all before it: minutes for a hostile file.
    const document = parseDocument(content, { schema: 'core', customTags: [], uniqueKeys: false });
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem) return unreadable(problem.message.split('\n')[0] ?? problem.message);
    visit(document, { Pair: (_, pair) => keepVersionText(pair.key, pair.value as ParsedNode | null) });
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIAS_COUNT });
    // Throws when an alias points at what contains it; nothing behind this line expects a ring.
    JSON.stringify(value);
    return { kind: 'yaml', value };
  } catch (cause) {
    return unreadable(cause instanceof Error ? cause.message : String(cause));
  }
};

/** `3.10` without quotes is a number to YAML; as a version its digits count, so they are taken from the source. */
const keepVersionText = (key: unknown, value: ParsedNode | null): void => {
  if (!isScalar(key) || typeof key.value !== 'string' || !key.value.endsWith('version')) return;
  if (isScalar(value) && typeof value.value === 'number' && value.source !== undefined) {
    Object.assign(value, { value: value.source });
  }
};

const nestsTooDeeply = (content: string): boolean => {
  let depth = 0;
  for (const character of content.matchAll(/[[\]{}]/g)) {
    depth += character[0] === '[' || character[0] === '{' ? 1 : -1;
    if (depth > MAX_NESTING) return true;
  }
  return new RegExp(`^(?: {${MAX_NESTING}}|(?:- ){${MAX_NESTING}})`, 'm').test(content);
};

const refused = (...parts: Parameters<typeof refusal>): Refused => ({ kind: 'refused', refusal: refusal(...parts) });

const unreadable = (why: string): Refused =>
  refused('mlmodel-unreadable', 'MLmodel', `cannot be read safely as YAML: ${why}`, 'Log the model again with MLflow.');

const invalid = (error: z.ZodError): Refused => {
  const issue = error.issues[0];
  const where = issue?.path.join('.') || 'the file';
  return refused(
    'mlmodel-invalid',
    'MLmodel',
    `does not have the fields MLflow writes (${where}: ${issue?.message ?? 'invalid'})`,
    'Log the model again with MLflow 2 or later.',
  );
};

const signatureInvalid = (error: z.ZodError): Refused => {
  const issue = error.issues[0];
  const part = issue?.path.join('.') ?? 'signature';
  return refused(
    'signature-invalid',
    'MLmodel',
    `has a signature that cannot be read (${part} ${issue?.message ?? 'is invalid'})`,
    'Log the model with `signature=infer_signature(inputs, outputs)`.',
  );
};
