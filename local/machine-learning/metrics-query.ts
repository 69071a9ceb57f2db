import { addMs, type EpochMs, epochMs, toIso } from '../../shared/platform/time.ts';
import { ArmError } from './arm-error.ts';
import { latencyQuantile, type MetricsCell } from './metrics-store.ts';

interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: 'Count' | 'MilliSeconds';
  readonly dimensions: readonly Dimension[];
  readonly value: (cells: readonly MetricsCell[]) => number | undefined;
}

const DIMENSIONS = {
  deployment: (cell: MetricsCell): string => cell.deployment,
  statusCode: (cell: MetricsCell): string => String(cell.status),
  statusCodeClass: (cell: MetricsCell): string => `${Math.floor(cell.status / 100)}xx`,
  modelStatusCode: (cell: MetricsCell): string => (cell.modelStatus === undefined ? '' : String(cell.modelStatus)),
};
type Dimension = keyof typeof DIMENSIONS;

const latency = (name: string, quantile: number): Metric => ({
  name,
  description: 'How long requests took',
  unit: 'MilliSeconds',
  dimensions: ['deployment'],
  value: (cells) => latencyQuantile(cells, quantile),
});

const METRICS: readonly Metric[] = [
  {
    name: 'RequestsPerMinute',
    description: 'The number of requests sent to the online endpoint',
    unit: 'Count',
    dimensions: ['deployment', 'statusCode', 'statusCodeClass', 'modelStatusCode'],
    value: (cells) => (cells.length === 0 ? undefined : cells.reduce((sum, { count }) => sum + count, 0)),
  },
  latency('RequestLatency_P50', 0.5),
  latency('RequestLatency_P90', 0.9),
  latency('RequestLatency_P95', 0.95),
  latency('RequestLatency_P99', 0.99),
];

export interface MetricsQuery {
  readonly names: readonly string[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly intervalMs: number;
  readonly aggregations: readonly string[];
  readonly filter: string | undefined;
  /** Most time series per metric. */
  readonly top: number;
}

/**
 * Metrics in Azure Monitor's shape, one time series per combination of the filter's dimensions.
 *
 * @throws ArmError 400 for an unknown metric, or a dimension that the metric does not have
 */
export const queryMetrics = (resourceId: string, cells: readonly MetricsCell[], query: MetricsQuery): unknown[] =>
  query.names.map((name) => {
    const metric = METRICS.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (metric === undefined) {
      const known = METRICS.map((each) => each.name).join(',');
      throw new ArmError(400, 'BadRequest', `Failed to find metric configuration for ${name}. Valid metrics: ${known}`);
    }
    const conditions = parseFilter(query.filter, metric);
    const wanted = cells.filter((cell) => conditions.every((each) => each.matches(cell)));
    return {
      id: `${resourceId}/providers/Microsoft.Insights/metrics/${metric.name}`,
      type: 'Microsoft.Insights/metrics',
      name: { value: metric.name, localizedValue: metric.name },
      displayDescription: metric.description,
      unit: metric.unit,
      timeseries: series(wanted, conditions, (group) => points(metric, group, query)).slice(0, query.top),
      errorCode: 'Success',
    };
  });

interface Condition {
  readonly dimension: Dimension;
  readonly matches: (cell: MetricsCell) => boolean;
}

const CONDITION = /^\s*([A-Za-z]+)\s+(eq|ne)\s+'([^']*)'\s*$/i;

const parseFilter = (filter: string | undefined, metric: Metric): Condition[] =>
  (filter ? filter.split(/\sand\s/i) : []).map((text) => {
    const [, name = '', operator = '', value = ''] = CONDITION.exec(text) ?? [];
    const dimension = metric.dimensions.find((each) => each.toLowerCase() === name.toLowerCase());
    if (dimension === undefined) {
      throw new ArmError(400, 'BadRequest', `Metric: ${metric.name} does not support requested dimension: ${text}`);
    }
    const isEqual = operator.toLowerCase() === 'eq';
    const read = DIMENSIONS[dimension];
    return { dimension, matches: (cell) => value === '*' || (read(cell) === value) === isEqual };
  });

const series = (
  cells: readonly MetricsCell[],
  conditions: readonly Condition[],
  data: (group: readonly MetricsCell[]) => unknown[],
): unknown[] => {
  const labels = (cell: MetricsCell): string =>
    JSON.stringify(conditions.map((each) => DIMENSIONS[each.dimension](cell)));
  return [...Map.groupBy(cells, labels)].map(([key, group]) => ({
    metadatavalues: (JSON.parse(key) as string[]).map((value, at) => {
      const name = (conditions[at]?.dimension ?? '').toLowerCase();
      return { name: { value: name, localizedValue: name }, value };
    }),
    data: data(group),
  }));
};

const points = (metric: Metric, cells: readonly MetricsCell[], query: MetricsQuery): unknown[] => {
  const { from, to, intervalMs, aggregations } = query;
  const groups = Map.groupBy(cells, ({ atMs }) => Math.floor((atMs - from) / intervalMs));
  return Array.from({ length: Math.ceil((to - from) / intervalMs) }, (_, at) => {
    const value = metric.value(groups.get(at) ?? []);
    const entries = value === undefined ? [] : aggregations.map((each) => [each.toLowerCase(), value]);
    return { timeStamp: toIso(addMs(epochMs(from), at * intervalMs)), ...Object.fromEntries(entries) };
  });
};
