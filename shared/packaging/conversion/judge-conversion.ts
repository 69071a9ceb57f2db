import type { PythonPlan } from '../model/plan-serving.ts';
import type { Conversion } from './conversion.ts';
import type { ConversionOption } from './conversion-option.ts';
import type { ConversionReport } from './conversion-report.ts';

/** Flavors that the conversion step knows. */
const CONVERTIBLE = ['sklearn', 'xgboost', 'lightgbm'];

/** Why a model is not even tried, as one sentence without a full stop; undefined when it can be. */
export const whyNotConvertible = ({ mlmodel, customScript, signature }: PythonPlan): string | undefined => {
  if (customScript !== undefined) return `${customScript} decides what is answered, and a graph has no script`;
  const flavors = Object.keys(mlmodel.flavors);
  if (!flavors.some((flavor) => CONVERTIBLE.includes(flavor))) {
    return `only models of ${CONVERTIBLE.join(', ')} are converted, and this one is ${flavors.join(', ') || 'of no flavor'}`;
  }
  if (signature?.inputs === undefined) return 'the model has no signature, so the types of its inputs are not known';
  if (signature.params !== undefined && signature.params.length > 0) {
    return 'the model takes parameters, and a graph has none';
  }
  return undefined;
};

/** What the report means: its figures count, not what it says about itself. */
export const judgeReport = (
  report: ConversionReport,
  { tolerance }: Pick<ConversionOption, 'tolerance'>,
): Conversion => {
  const { maxDifference, maxRelativeDifference, rows, reason } = report;
  const figures = {
    tolerance,
    ...(maxDifference === undefined ? {} : { maxDifference }),
    ...(maxRelativeDifference === undefined ? {} : { maxRelativeDifference }),
    ...(rows === undefined ? {} : { rows }),
    ...speedUpOf(report),
  };
  const not = (why: string): Conversion => ({ used: false, ...figures, reason: why });
  if (!report.converted) return not(reason ?? 'the conversion step gave no reason');
  if (maxRelativeDifference === undefined || rows === undefined || rows === 0) {
    return not('the conversion step compared no rows');
  }
  if (maxRelativeDifference > tolerance) {
    return not(`the answers are up to ${maxRelativeDifference} apart, more than the tolerance of ${tolerance}`);
  }
  return { used: true, ...figures };
};

const speedUpOf = ({ speedUp }: ConversionReport): Pick<Conversion, 'speedUp'> => {
  if (speedUp === undefined || speedUp.onnxMs === 0) return {};
  const { pythonMs, onnxMs } = speedUp;
  return { speedUp: { factor: Number((pythonMs / onnxMs).toPrecision(3)), pythonMs, onnxMs } };
};
