import type { Clause } from '../../mlflow/filter/clause.ts';
import { matches } from '../../mlflow/filter/matches.ts';
import { parseFilter } from '../../mlflow/filter/parse-filter.ts';
import { invalid } from '../../mlflow/invalid.ts';
import { readPageToken } from '../../mlflow/page-token.ts';
import { checkMaxResults, type Found, pageFrom } from '../../mlflow/search.ts';
import type { Where } from '../../platform/documents.ts';
import type { LoggedModelDocument, ModelMetric } from './logged-model.ts';
import { type ModelOrder, parseModelOrder, positionOf } from './order-logged-models.ts';
import { attributesOf, LOGGED_MODEL_FILTER, STORED_AS, shortStatus } from './searchable.ts';
import type { LoggedModelServices } from './services.ts';

/** Metrics count only when they were measured on one of these. */
export interface DatasetFilter {
  readonly name: string;
  readonly digest?: string;
}

export interface LoggedModelSearch {
  /** At least one. */
  readonly experimentIds: readonly string[];
  readonly filter?: string;
  readonly datasets?: readonly DatasetFilter[];
  readonly orderBy?: readonly ModelOrder[];
  /** 1–1000, by default 100. */
  readonly maxResults?: number;
  readonly pageToken?: string;
}

const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 1000;

/**
 * Logged models of these experiments that are not deleted, newest first unless asked for otherwise.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE in MLflow's words
 */
export const searchLoggedModels = async (
  { loggedModels }: Pick<LoggedModelServices, 'loggedModels'>,
  search: LoggedModelSearch,
): Promise<Found<LoggedModelDocument>> => {
  const { experimentIds, filter = '', datasets = [], orderBy = [] } = search;
  if (experimentIds.length === 0) throw invalid("Missing value for required parameter 'experiment_ids'.");
  const clauses = parseFilter(filter, LOGGED_MODEL_FILTER).map(withShortStatus);
  const order = parseModelOrder(orderBy);
  const limit = checkMaxResults(search.maxResults ?? DEFAULT_RESULTS, MAX_RESULTS);
  const after = readPageToken(search.pageToken, order.keys);
  const where: readonly Where[] = [{ path: 'experimentId', op: 'in', value: experimentIds }, ...equalities(clauses)];
  const candidates = matching(loggedModels.all(where), (model) => isFound(model, clauses, datasets));
  return pageFrom(candidates, { order: order.keys, positionOf: (model) => positionOf(model, order), after, limit });
};

async function* matching<T>(items: AsyncIterable<T>, holds: (item: T) => boolean): AsyncGenerator<T> {
  for await (const item of items) if (holds(item)) yield item;
}

/** A status may be written as MLflow's client shows it or as its wire has it. */
const withShortStatus = (clause: Clause): Clause => {
  if (clause.kind !== 'attribute' || clause.key !== 'status' || typeof clause.value === 'number') return clause;
  const { value } = clause;
  return { ...clause, value: typeof value === 'string' ? shortStatus(value) : value.map(shortStatus) };
};

/** What the store can look for by itself. */
const equalities = (clauses: readonly Clause[]): readonly Where[] =>
  clauses.flatMap(({ kind, key, comparator, value }) => {
    const path = kind === 'attribute' ? STORED_AS.get(key) : undefined;
    return path === undefined || comparator !== '=' || typeof value === 'object' ? [] : [{ path, op: '=', value }];
  });

const isFound = (
  model: LoggedModelDocument,
  clauses: readonly Clause[],
  datasets: readonly DatasetFilter[],
): boolean => {
  const measured = datasets.length === 0 ? model.metrics : model.metrics.filter((metric) => isOnAny(metric, datasets));
  const ofMetrics = clauses.filter(({ kind }) => kind === 'metric');
  if (datasets.length > 0 && ofMetrics.length === 0 && measured.length === 0) return false;
  const rest = clauses.filter(({ kind }) => kind !== 'metric');
  const entity = { attributes: attributesOf(model), tags: model.tags, params: model.params };
  // A model has a metric once per run and dataset: one that holds is enough.
  return (
    matches(rest, entity) &&
    ofMetrics.every((clause) =>
      measured.some(({ key, value }) =>
        matches([clause], { attributes: {}, tags: [], metrics: [{ key, value: Number(value) }] }),
      ),
    )
  );
};

const isOnAny = (metric: ModelMetric, datasets: readonly DatasetFilter[]): boolean =>
  datasets.some(
    ({ name, digest }) => metric.datasetName === name && (digest === undefined || metric.datasetDigest === digest),
  );
