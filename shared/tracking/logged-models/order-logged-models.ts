import { invalid } from '../../mlflow/invalid.ts';
import type { Position, SortKey } from '../../mlflow/order-by.ts';
import type { LoggedModelDocument, ModelMetric } from './logged-model.ts';
import { attributesOf, LOGGED_MODEL_FILTER } from './searchable.ts';

/** One property to sort logged models by, as MLflow's clients say it. */
export interface ModelOrder {
  /** An attribute such as `creation_timestamp`, or a metric such as `metrics.accuracy`. */
  readonly fieldName: string;
  readonly ascending: boolean;
  /** Of a metric: only as measured on that dataset. */
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

/** The keys of an order, and how the value of each is found. */
export interface ParsedOrder {
  readonly keys: readonly SortKey[];
  readonly values: readonly ((model: LoggedModelDocument) => string | number)[];
}

interface Part {
  readonly keys: readonly SortKey[];
  readonly values: ParsedOrder['values'];
}

const TIES: readonly SortKey[] = [
  { key: 'creation_timestamp', direction: 'desc' },
  { key: 'model_id', direction: 'asc' },
];

/**
 * The whole order of a search: newest first in the end, and never two models equal in it. Models without the metric
 * come last, whatever the direction.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE
 */
export const parseModelOrder = (orderBy: readonly ModelOrder[]): ParsedOrder => {
  const asked = orderBy.map(partOf);
  const given = asked.flatMap(({ keys }) => keys.map(({ key }) => key));
  if (new Set(given).size < given.length) throw invalid('`order_by` contains duplicate fields.');
  const ties = TIES.filter(({ key }) => !given.includes(key)).map(attributePart);
  const parts = [...asked, ...ties];
  return { keys: parts.flatMap(({ keys }) => keys), values: parts.flatMap(({ values }) => values) };
};

/** Where a model stands in an order. */
export const positionOf = (model: LoggedModelDocument, { values }: ParsedOrder): Position =>
  values.map((value) => value(model));

const partOf = (order: ModelOrder): Part => {
  const { fieldName, ascending, datasetName, datasetDigest } = order;
  const direction = ascending ? 'asc' : 'desc';
  if (datasetDigest !== undefined && datasetName === undefined) {
    throw invalid('`dataset_digest` can only be specified if `dataset_name` is also specified.');
  }
  const [, metric] = /^metrics\.(.+)$/.exec(fieldName) ?? [];
  if (metric !== undefined) return metricPart(metric.replace(/^`(.*)`$/, '$1'), order);
  const name = LOGGED_MODEL_FILTER.aliases?.get(fieldName.trim()) ?? fieldName.trim();
  if (LOGGED_MODEL_FILTER.attributes.has(name)) return attributePart({ key: name, direction });
  const valid = [...LOGGED_MODEL_FILTER.attributes.keys()].join(', ');
  throw invalid(`Invalid order by field name: ${fieldName}. Use one of ${valid}, or metrics.<name>.`);
};

const attributePart = (key: SortKey): Part => ({
  keys: [key],
  values: [(model) => attributesOf(model)[key.key] ?? ''],
});

const metricPart = (metric: string, { ascending, datasetName, datasetDigest }: ModelOrder): Part => {
  const key = JSON.stringify(['metric', metric, datasetName ?? '', datasetDigest ?? '']);
  const measuredOf = (model: LoggedModelDocument): number | undefined => {
    const newest = model.metrics
      .filter(
        (known) =>
          known.key === metric &&
          (datasetName === undefined || known.datasetName === datasetName) &&
          (datasetDigest === undefined || known.datasetDigest === datasetDigest),
      )
      .reduce<ModelMetric | undefined>(newer, undefined);
    return newest === undefined ? undefined : sortable(Number(newest.value));
  };
  return {
    keys: [
      { key: `no ${key}`, direction: 'asc' },
      { key, direction: ascending ? 'asc' : 'desc' },
    ],
    values: [(model) => (measuredOf(model) === undefined ? 1 : 0), (model) => measuredOf(model) ?? 0],
  };
};

const newer = (best: ModelMetric | undefined, metric: ModelMetric): ModelMetric => {
  if (best === undefined) return metric;
  const later = metric.timestamp - best.timestamp || metric.step - best.step;
  return later > 0 || (later === 0 && metric.runId < best.runId) ? metric : best;
};

/** Infinities as page tokens can hold them; what is no number has no place among numbers. */
const sortable = (value: number): number | undefined => {
  if (Number.isNaN(value)) return undefined;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
};
