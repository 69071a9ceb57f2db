import { invalid } from '../../mlflow/invalid.ts';
import type { Position, SortKey } from '../../mlflow/order-by.ts';
import { readPageToken } from '../../mlflow/page-token.ts';
import { checkMaxResults, type Found, pageFrom } from '../../mlflow/search.ts';
import { runNotFound } from '../refusals.ts';
import type { TrackingServices } from '../services.ts';
import { type Metric, numberOf } from './metric.ts';
import { bucketOf } from './points.ts';

type Services = Pick<TrackingServices, 'trackingStore'>;

export interface HistoryQuestion {
  readonly runId: string;
  readonly key: string;
  /** Default and at most 25,000. */
  readonly maxResults?: number;
  readonly pageToken?: string;
}

const MAX_RESULTS = 25_000;
const MAX_RUNS = 100;

const ORDER: readonly SortKey[] = [
  { key: 'timestamp', direction: 'asc' },
  { key: 'step', direction: 'asc' },
  { key: 'is_nan', direction: 'asc' },
  { key: 'value', direction: 'asc' },
];

/**
 * Everything that was logged of a metric, by time, then step, then value; what was logged twice once.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST for an unknown run; INVALID_PARAMETER_VALUE for a wrong page token or number
 */
export const getMetricHistory = async (services: Services, asked: HistoryQuestion): Promise<Found<Metric>> => {
  const limit = checkMaxResults(asked.maxResults ?? MAX_RESULTS, MAX_RESULTS);
  const after = readPageToken(asked.pageToken, ORDER);
  if ((await services.trackingStore.readRun(asked.runId)) === undefined) throw runNotFound(asked.runId);
  return pageFrom(measured(services, asked), { order: ORDER, after, limit, positionOf });
};

/** A metric with the run that logged it. */
export interface MetricOfRun extends Metric {
  readonly runId: string;
}

/**
 * The beginning of the history of a metric in several runs, run by run in the order of their ids. Runs that are not known
 * have none.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE without a run or a key and for more than 100 runs
 */
export const getMetricHistories = async (
  services: Services,
  asked: { readonly runIds: readonly string[]; readonly key: string; readonly maxResults?: number },
): Promise<readonly MetricOfRun[]> => {
  if (asked.runIds.length === 0) throw invalid('GetMetricHistoryBulk request must specify at least one run_id.');
  if (asked.key === '') throw invalid('GetMetricHistoryBulk request must specify a metric_key.');
  if (asked.runIds.length > MAX_RUNS) {
    throw invalid(
      `GetMetricHistoryBulk request cannot specify more than ${MAX_RUNS} run_ids. Received ${asked.runIds.length} run_ids.`,
    );
  }
  const limit = Math.min(checkMaxResults(asked.maxResults ?? MAX_RESULTS, Number.MAX_SAFE_INTEGER), MAX_RESULTS);
  const found: MetricOfRun[] = [];
  for (const runId of [...new Set(asked.runIds)].sort()) {
    const paging = { order: ORDER, after: undefined, limit: limit - found.length, positionOf };
    if (paging.limit === 0) break;
    const page = await pageFrom(measured(services, { runId, key: asked.key }), paging);
    found.push(...page.items.map((metric) => ({ ...metric, runId })));
  }
  return found;
};

/** All that was logged of a metric, in no order, and what was logged twice perhaps twice. */
export async function* measured(
  { trackingStore }: Services,
  { runId, key }: Pick<HistoryQuestion, 'runId' | 'key'>,
): AsyncGenerator<Metric> {
  for await (const { points } of trackingStore.points(runId, bucketOf(key))) {
    for (const point of points) if (point.key === key) yield point;
  }
}

const positionOf = (metric: Metric): Position => {
  const { timestamp, step, isNan, value } = placeOf(metric);
  return [timestamp, step, isNan, value];
};

/** What metrics of one key are sorted by. A page token is JSON, which has neither infinities nor NaN. */
export const placeOf = ({ timestamp, step, value }: Metric) => ({
  timestamp,
  step,
  isNan: value === 'NaN' ? 1 : 0,
  value: value === 'NaN' ? 0 : Math.min(Math.max(numberOf(value), -Number.MAX_VALUE), Number.MAX_VALUE),
});
