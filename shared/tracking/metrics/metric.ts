import type { StoredNumber } from '../logged-models/logged-model.ts';

/** One measured value. */
export interface Metric {
  readonly key: string;
  /** In the form that JSON can hold, on the wire as in storage. */
  readonly value: StoredNumber;
  /** Milliseconds since the epoch, as the client says. */
  readonly timestamp: number;
  /** Which round of the training it is; may be negative. */
  readonly step: number;
}

/** The value as a number, NaN and the infinities included. */
export const numberOf = (value: StoredNumber): number => Number(value);

/** True for the same measurement, told again. */
export const isSameMetric = (left: Metric, right: Metric): boolean =>
  left.key === right.key &&
  left.step === right.step &&
  left.timestamp === right.timestamp &&
  left.value === right.value;

/**
 * The newest value per key after more were logged: of two values of a key the one with the greater step, then the later
 * one, then the greater one. NaN counts as 0, as in MLflow. The same array when nothing changes.
 */
export const latestAfter = (latest: readonly Metric[], logged: readonly Metric[]): readonly Metric[] => {
  const byKey = new Map(latest.map((metric) => [metric.key, metric]));
  let changed = false;
  for (const metric of logged) {
    const known = byKey.get(metric.key);
    if (known !== undefined && !isNewer(metric, known)) continue;
    byKey.set(metric.key, metric);
    changed = true;
  }
  return changed ? [...byKey.values()] : latest;
};

const isNewer = (metric: Metric, known: Metric): boolean => {
  if (metric.step !== known.step) return metric.step > known.step;
  if (metric.timestamp !== known.timestamp) return metric.timestamp > known.timestamp;
  return rankOf(metric.value) > rankOf(known.value);
};

const rankOf = (value: StoredNumber): number => (value === 'NaN' ? 0 : numberOf(value));
