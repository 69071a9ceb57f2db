import type { EpochMs } from '../../platform/time.ts';
import { changeLoggedModel, findLoggedModel } from './change-logged-model.ts';
import { type ModelMetric, storedNumber } from './logged-model.ts';
import type { LoggedModelServices } from './services.ts';

/** A metric that a run logs for a model. */
export interface LoggedMetric {
  readonly key: string;
  /** NaN and the infinities included. */
  readonly value: number;
  readonly timestamp: EpochMs;
  readonly step: number;
  readonly runId: string;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

/**
 * Keeps what a run measured of a model: per metric, run and dataset the newest value. In any order and more than once.
 *
 * @returns false when the model is not known here, or no more: the metrics are then the run's alone
 */
export const recordModelMetrics = async (
  services: LoggedModelServices,
  modelId: string,
  metrics: readonly LoggedMetric[],
): Promise<boolean> => {
  if ((await findLoggedModel(services.loggedModels, modelId)) === undefined) return false;
  await changeLoggedModel(services, modelId, (model, at) => {
    const next = metrics
      .map((metric) => ({ ...metric, value: storedNumber(metric.value) }))
      .reduce(withMetric, model.metrics);
    return next === model.metrics ? undefined : { metrics: next, updatedAt: at };
  });
  return true;
};

const isSame = (left: ModelMetric, right: ModelMetric): boolean =>
  left.key === right.key &&
  left.runId === right.runId &&
  left.datasetName === right.datasetName &&
  left.datasetDigest === right.datasetDigest;

/** Of two values of a metric the later one stays, by time and then by step; of two at once the one logged last. */
const isOlder = (left: ModelMetric, right: ModelMetric): boolean =>
  left.timestamp < right.timestamp || (left.timestamp === right.timestamp && left.step < right.step);

const withMetric = (metrics: readonly ModelMetric[], metric: ModelMetric): readonly ModelMetric[] => {
  const at = metrics.findIndex((known) => isSame(known, metric));
  const known = metrics[at];
  if (known === undefined) return [...metrics, metric];
  if (isOlder(metric, known) || (!isOlder(known, metric) && known.value === metric.value)) return metrics;
  return metrics.with(at, metric);
};
