import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { env, InferenceSession } from 'onnxruntime-node';
import { parseMlmodel } from '../shared/packaging/model/mlmodel.ts';
import type { Signature } from '../shared/packaging/model/signature.ts';
import { toPlainPredictions, toPredictions } from './answer.ts';
import { type Conversion, checkRefused, readConversion } from './converted.ts';
import type { ModelInput } from './data.ts';
import { toFeeds } from './feeds.ts';
import { ModelError } from './model-error.ts';

/** A loaded model: what it takes, and the one thing it does. */
export interface ScoringModel {
  readonly signature: Signature | undefined;
  /** The MLflow that wrote the model. */
  readonly mlflowVersion: string | undefined;
  /**
   * The predictions as a JSON value, apart from NaN and bigints.
   *
   * @throws ModelError when the graph fails
   * @throws ScoringError 400 for what a converted model would have refused
   */
  predict(input: ModelInput): Promise<unknown>;
}

/** ONNX Runtime's own messages go to stderr on every failed request; the failure is logged once by the server. */
const FATAL_ONLY = 4;

/**
 * The model of an MLflow folder, with its graph loaded.
 *
 * @param threads - how many a single run may use
 * @throws Error when the folder holds no readable MLmodel, no ONNX flavor, or a graph that does not load
 */
export const loadOnnxModel = async (
  folder: string,
  { threads }: { readonly threads: number },
): Promise<ScoringModel> => {
  const parsed = parseMlmodel(await readFile(join(folder, 'MLmodel'), 'utf8'));
  if (parsed.kind === 'refused') throw new Error(parsed.refusal.message);
  const { mlmodel } = parsed;
  const flavor = mlmodel.flavors.onnx;
  if (!flavor)
    throw new Error(`The model has no onnx flavor, only ${Object.keys(mlmodel.flavors).join(', ') || 'none'}`);
  env.logLevel = 'fatal';
  const session = await InferenceSession.create(join(folder, flavor.data), {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: FATAL_ONLY,
  });
  const conversion = readConversion(mlmodel['metadata']);
  const odd = session.inputMetadata.find((input) => !input.isTensor);
  if (odd) throw new Error(`The graph's input '${odd.name}' is no tensor, so no request could be given to it`);
  const signature = mlmodel.signature ?? undefined;
  const signed = signature?.inputs !== undefined;
  return {
    signature,
    mlflowVersion: mlmodel.mlflow_version ?? undefined,
    predict: (input) => run(session, input, { signed, conversion }),
  };
};

const run = async (
  session: InferenceSession,
  input: ModelInput,
  { signed, conversion }: { readonly signed: boolean; readonly conversion: Conversion | undefined },
): Promise<unknown> => {
  if (conversion) checkRefused(input, conversion);
  const feeds = toFeeds(input, session.inputMetadata, { signed });
  const outputs = await session.run(feeds, tensorOutputs(session)).catch((cause: unknown) => {
    throw new ModelError(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  if (conversion) return toPlainPredictions(outputs);
  return toPredictions(outputs, { asked: input.kind === 'frame' ? 'table' : 'arrays' });
};

/** The maps and sequences that classifiers may give beside their tensors cannot be read from JavaScript. */
const tensorOutputs = ({ outputMetadata }: InferenceSession): string[] =>
  outputMetadata.filter(({ isTensor }) => isTensor).map(({ name }) => name);
