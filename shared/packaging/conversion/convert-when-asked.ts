import { createHash } from 'node:crypto';
import { isSlipwayError, toSlipwayError } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logging.ts';
import type { Clock, EpochMs } from '../../platform/time.ts';
import type { EnvironmentSpec } from '../environment/environment-spec.ts';
import { readEnvironment } from '../environment/read-environment.ts';
import { compareBytes } from '../files/file-path.ts';
import type { ModelFile, ModelFiles } from '../files/model-files.ts';
import { type OnnxPlan, type PythonPlan, planServing } from '../model/plan-serving.ts';
import { type ModelFolder, readModel } from '../model/read-model.ts';
import type { Conversion } from './conversion.ts';
import type { ConversionOption } from './conversion-option.ts';
import { judgeReport, whyNotConvertible } from './judge-conversion.ts';
import type { ConversionOutcome, ModelConverter } from './ports.ts';

export interface ConvertServices {
  /** Absent where none is set up. */
  readonly converter?: ModelConverter | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface ConversionWish {
  readonly option: ConversionOption | undefined;
  readonly plan: PythonPlan;
  readonly files: ModelFiles;
  readonly folder: ModelFolder;
  /** When the package was asked for: a conversion that takes too long is given up. */
  readonly askedAt: EpochMs;
}

export type ConversionResult =
  /** Serve the model in Python; `conversion` says why, when one was asked for. */
  | { readonly kind: 'python'; readonly conversion?: Conversion }
  /** Serve this folder instead. */
  | {
      readonly kind: 'onnx';
      readonly files: ModelFiles;
      readonly folder: ModelFolder;
      readonly plan: OnnxPlan;
      readonly conversion: Conversion;
    }
  | { readonly kind: 'wait'; readonly lookAgainMs: number }
  | { readonly kind: 'refused'; readonly code: 'conversion-required'; readonly message: string };

/** Counted from the wish for the package; the step itself ends earlier. */
const GIVE_UP_MS = 30 * 60_000;
/** So long a converter that does not answer may be missing. */
const MISSING_MS = 5 * 60_000;
const LOOK_AGAIN_MS = 10_000;

/**
 * Whether a Python model is served as a graph: what the policy asks for, what the conversion step says, and what of it
 * holds. Whatever goes wrong, the model can still be served in Python, unless the policy requires the graph.
 */
export const convertWhenAsked = async (services: ConvertServices, wish: ConversionWish): Promise<ConversionResult> => {
  const { option } = wish;
  if (option === undefined || option.convert === 'off') return { kind: 'python' };
  const result = await attempt(services, wish, option);
  if (result.kind !== 'python' || option.convert === 'try') return result;
  const why = result.conversion?.reason ?? 'it failed';
  return {
    kind: 'refused',
    code: 'conversion-required',
    message: `the policy requires an ONNX graph, and the model was not converted: ${why}. Change the model, or set packaging.onnx.convert to 'try'`,
  };
};

const attempt = async (
  { converter, clock, log }: ConvertServices,
  { plan, files, folder, askedAt }: ConversionWish,
  option: ConversionOption,
): Promise<ConversionResult> => {
  const not = (reason: string): ConversionResult => ({
    kind: 'python',
    conversion: { used: false, tolerance: option.tolerance, reason },
  });
  const why = whyNotConvertible(plan);
  if (why !== undefined) return not(why);
  if (converter === undefined) return not('no converter is set up here (CONVERTER_URL)');
  const environment = readEnvironment(plan.environment);
  if (environment.kind !== 'environment') return not(`its environment cannot be built: ${environment.message}`);

  const { tolerance, missing } = option;
  const { listing } = folder;
  const key = keyOf(plan, listing, environment.spec, option);
  const waitedMs = clock() - askedAt;
  let outcome: ConversionOutcome;
  try {
    outcome = await converter.convert({ key, files, listing, environment: environment.spec, tolerance, missing });
    if (outcome.kind === 'done') return await judged(outcome, plan, option);
  } catch (cause) {
    const { code, message } = toSlipwayError(cause);
    log.warn({ code, reason: message }, 'the converter could not be asked');
    if (waitedMs > MISSING_MS || !mayPass(cause)) return not(`the converter failed: ${message}`);
    return { kind: 'wait', lookAgainMs: LOOK_AGAIN_MS };
  }
  if (outcome.kind === 'failed') return not(`the conversion step failed: ${outcome.message}`);
  return waitedMs > GIVE_UP_MS
    ? not(`the conversion did not end within ${GIVE_UP_MS / 60_000} minutes`)
    : { kind: 'wait', lookAgainMs: outcome.lookAgainMs };
};

const mayPass = (cause: unknown): boolean =>
  isSlipwayError(cause) && (cause.code === 'TEMPORARILY_UNAVAILABLE' || cause.code === 'REQUEST_LIMIT_EXCEEDED');

/** The converter has run the model's code, so what it gives back is judged as anybody's upload. */
const judged = async (
  { report, files }: Extract<ConversionOutcome, { kind: 'done' }>,
  plan: PythonPlan,
  option: ConversionOption,
): Promise<ConversionResult> => {
  const conversion = judgeReport(report, option);
  if (!conversion.used) return { kind: 'python', conversion };
  const not = (reason: string): ConversionResult => ({
    kind: 'python',
    conversion: { ...conversion, used: false, reason },
  });
  if (files === undefined) return not('the conversion step gave no files');
  const folder = await readModel(files);
  const converted = planServing(folder);
  if (converted.kind === 'refused') return not(`the converted model cannot be served: ${converted.refusal.message}`);
  if (converted.kind !== 'onnx') return not('the converted model is no graph');
  if (converted.signatureJson !== plan.signatureJson) return not('the converted model has another signature');
  return { kind: 'onnx', files, folder, plan: converted, conversion };
};

/** The same for the same files, environment and option; the model's own id stands in where files have no content id. */
const keyOf = (
  { mlmodel }: PythonPlan,
  listing: readonly ModelFile[],
  environment: EnvironmentSpec,
  { tolerance, missing }: ConversionOption,
): string => {
  const files = listing
    .toSorted((a, b) => compareBytes(a.path, b.path))
    .map(({ path, size, contentId = '' }) => [path, size, contentId]);
  const model = [mlmodel.model_uuid ?? '', mlmodel.utc_time_created ?? ''];
  const text = JSON.stringify([model, files, environment, tolerance, missing]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
};
