import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { run } from '../support/run.ts';

export const MODELS = ['logistic', 'lightgbm'] as const;

export type ModelName = (typeof MODELS)[number];

/** What a model is, for the report. */
export const DESCRIPTIONS: Readonly<Record<ModelName, string>> = {
  logistic: 'scaler and logistic regression of scikit-learn, 10 features',
  lightgbm: 'LightGBM regression of 200 trees, 10 features',
};

const table = z.object({
  columns: z.array(z.string()),
  index: z.array(z.number()),
  data: z.array(z.array(z.number())),
});

export type Table = z.output<typeof table>;

export interface MadeModels {
  /** Folder of a model, as it was logged or converted to ONNX. */
  folder(model: ModelName, form: 'python' | 'onnx'): string;
  /** A hundred rows. */
  readonly rows: Table;
  remove(): Promise<void>;
}

const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Trains the models and converts them with our own step. */
export const makeModels = async (bin: string): Promise<MadeModels> => {
  const root = await mkdtemp(join(tmpdir(), 'slipway-bench-models-'));
  const python = join(bin, 'python');
  await run(python, [script('make_models.py'), root]);
  for (const model of MODELS) {
    const folders = ['--model', join(root, model), '--out', join(root, `${model}-onnx`)];
    const { stdout } = await run(python, [
      script('../../scoring/convert/convert.py'),
      ...folders,
      '--tolerance',
      '1e-4',
    ]);
    if (!stdout.includes('"converted": true')) throw new Error(`${model} was not converted: ${stdout}`);
  }
  return {
    folder: (model, form) => join(root, form === 'onnx' ? `${model}-onnx` : model),
    rows: table.parse(JSON.parse(await readFile(join(root, 'rows.json'), 'utf8'))),
    remove: () => rm(root, { recursive: true, force: true }),
  };
};
