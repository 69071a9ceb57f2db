import * as z from 'zod';
import { readYaml } from './read-yaml.ts';
import { type Refusal, refusal } from './refusal.ts';
import { signatureSchema } from './signature.ts';

/** Bytes. MLflow writes a few KiB; signatures of a thousand columns stay below 200 KiB. */
export const MAX_MLMODEL_BYTES = 1024 * 1024;

const text = z.union([z.string(), z.number(), z.bigint()]).transform(String);

const environment = z.union([z.string(), z.looseObject({ conda: text.nullish(), virtualenv: text.nullish() })]);

const pythonFunction = z.looseObject({
  loader_module: z.string().nullish(),
  data: z.string().nullish(),
  model_path: z.string().nullish(),
  /** Of a model that is an object of a Python class. */
  python_model: z.string().nullish(),
  /** Of a model from code: a path on the machine that logged it. Only its last part is in the folder. */
  model_code_path: z.string().nullish(),
  artifacts: z.record(z.string(), z.looseObject({ path: z.string().nullish() })).nullish(),
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
  // Only told to people: what MLflow never wrote there is no reason to refuse the model.
  saved_input_example_info: inputExample.nullish().catch(undefined),
  model_uuid: text.nullish(),
  model_id: text.nullish(),
  run_id: text.nullish(),
  artifact_path: text.nullish(),
  utc_time_created: text.nullish(),
  mlflow_version: text.nullish(),
  model_size_bytes: z.number().int().nonnegative().nullish().catch(undefined),
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
  if (document.kind === 'unreadable') return unreadable(document.why);
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
