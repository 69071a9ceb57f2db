import { invalid } from '../../mlflow/invalid.ts';
import type { SortKey } from '../../mlflow/order-by.ts';
import { pageFrom } from '../../mlflow/search.ts';
import type { TrackingServices } from '../services.ts';
import { type MetricOfRun, measured, placeOf } from './history.ts';

export interface Sampling {
  readonly runIds: readonly string[];
  readonly key: string;
  /** The first and the last step that are wanted; both or neither. */
  readonly fromStep?: number;
  readonly toStep?: number;
  /** How many steps; default and at most 2,500. */
  readonly maxSteps?: number;
}

const MAX_RESULTS = 2_500;
const MAX_RUNS = 100;

const ORDER: readonly SortKey[] = ['step', 'timestamp', 'is_nan', 'value'].map((key) => ({ key, direction: 'asc' }));

/**
 * A metric of several runs at the same steps, as many as a chart needs: evenly chosen among all that any of the runs
 * logged, and the first and last of each run. Run by run, by step, then time; at most 2,500 values of each.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE without a run or a key, for half an interval, and for too many runs or steps
 */
export const sampleHistories = async (
  services: Pick<TrackingServices, 'trackingStore'>,
  asked: Sampling,
): Promise<readonly MetricOfRun[]> => {
  const { runIds, key } = asked;
  if (runIds.length === 0) throw invalid("Missing value for required parameter 'run_ids'.");
  if (key === '') throw invalid("Missing value for required parameter 'metric_key'.");
  if (runIds.length > MAX_RUNS) {
    throw invalid(
      `GetMetricHistoryBulkInterval request must specify at most ${MAX_RUNS} run_ids. Received ${runIds.length} run_ids.`,
    );
  }
  const count = checkCount(asked.maxSteps);
  const range = rangeOf(asked);
  const steps = new Set<number>();
  const always = new Set<number>();
  for (const runId of runIds) {
    const own = await stepsOf(services, { runId, key }, range);
    for (const step of own) steps.add(step);
    if (own.size === 0) continue;
    const inOrder = [...own].sort((left, right) => left - right);
    for (const step of [inOrder[0], inOrder.at(-1)]) if (step !== undefined) always.add(step);
  }
  const chosen = new Set([
    ...sampled(
      [...steps].sort((left, right) => left - right),
      count,
    ),
    ...always,
  ]);
  const found: MetricOfRun[] = [];
  for (const runId of runIds) {
    const page = await pageFrom(atSteps(services, { runId, key }, chosen), {
      order: ORDER,
      after: undefined,
      limit: MAX_RESULTS,
      positionOf: (metric) => {
        const { timestamp, step, isNan, value } = placeOf(metric);
        return [step, timestamp, isNan, value];
      },
    });
    found.push(...page.items.map((metric) => ({ ...metric, runId })));
  }
  return found;
};

/** So many of them, evenly chosen, and the last; all when there are not more. */
const sampled = (steps: readonly number[], count: number): readonly number[] => {
  if (steps.length <= count) return steps;
  const chosen = Array.from({ length: count }, (_, at) => steps[Math.floor((at * steps.length) / count)] ?? 0);
  return [...chosen, steps.at(-1) ?? 0];
};

type Range = readonly [first: number, last: number];
type Series = { readonly runId: string; readonly key: string };

const stepsOf = async (
  services: Pick<TrackingServices, 'trackingStore'>,
  series: Series,
  [first, last]: Range,
): Promise<ReadonlySet<number>> => {
  const steps = new Set<number>();
  for await (const { step } of measured(services, series)) if (step >= first && step <= last) steps.add(step);
  return steps;
};

async function* atSteps(services: Pick<TrackingServices, 'trackingStore'>, series: Series, steps: ReadonlySet<number>) {
  for await (const metric of measured(services, series)) if (steps.has(metric.step)) yield metric;
}

const rangeOf = ({ fromStep, toStep }: Sampling): Range => {
  if (fromStep === undefined && toStep === undefined) return [-Number.MAX_VALUE, Number.MAX_VALUE];
  if (fromStep === undefined || toStep === undefined) {
    throw invalid('If either start step or end step are specified, both must be specified.');
  }
  if (fromStep <= toStep) return [fromStep, toStep];
  throw invalid(`end_step must be greater than start_step. Found start_step=${fromStep} and end_step=${toStep}.`);
};

const checkCount = (wanted = MAX_RESULTS): number => {
  if (wanted < 1 || wanted > MAX_RESULTS) throw invalid(`max_results must be between 1 and ${MAX_RESULTS}.`);
  return wanted;
};
