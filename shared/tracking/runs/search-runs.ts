import { type Clause, isAbsence } from '../../mlflow/filter/clause.ts';
import { matches } from '../../mlflow/filter/matches.ts';
import { parseFilter } from '../../mlflow/filter/parse-filter.ts';
import { invalid } from '../../mlflow/invalid.ts';
import { type Position, parseOrderBy, type SortKey } from '../../mlflow/order-by.ts';
import { readPageToken } from '../../mlflow/page-token.ts';
import { checkMaxResults, type Found, pageFrom, type Search } from '../../mlflow/search.ts';
import type { Query, Where } from '../../platform/documents.ts';
import type { Lifecycle } from '../experiments/experiment.ts';
import { findExperiment } from '../experiments/get-experiment.ts';
import { isViewed, type ViewType } from '../experiments/search-experiments.ts';
import type { TrackingServices } from '../services.ts';
import type { RunDocument } from './run.ts';
import { matchedOf, positionOf, RUN_FILTER, RUN_ORDER, withPresence } from './searchable.ts';

type Services = Pick<TrackingServices, 'trackingStore' | 'clock'>;

export interface RunSearch extends Search {
  readonly experimentIds: readonly string[];
  readonly viewType: ViewType;
}

const DEFAULT_RESULTS = 1_000;
const MAX_RESULTS = 50_000;
/** Experiments read at once. */
const READ_AT_ONCE = 16;

/**
 * The runs of some experiments that a filter finds, the last started first when nothing else is asked. Runs of a deleted
 * experiment count as deleted.
 *
 * By start time the query begins behind the token and ends with the page. Any other order reads all runs of the
 * experiments, and holds about two pages of them.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a wrong filter, order, page token or number of results
 */
export const searchRuns = async (services: Services, search: RunSearch): Promise<Found<RunDocument>> => {
  const wanted = search.maxResults ?? DEFAULT_RESULTS;
  // MLflow has words of its own for this.
  if (wanted > MAX_RESULTS) {
    throw invalid(`Invalid value ${wanted} for parameter 'max_results' supplied: It must be at most ${MAX_RESULTS}.`);
  }
  const limit = checkMaxResults(wanted, MAX_RESULTS);
  const order = withPresence(parseOrderBy(search.orderBy ?? [], RUN_ORDER));
  const after = readPageToken(search.pageToken, order);
  const clauses = parseFilter(search.filter ?? '', RUN_FILTER);
  const experiments = await lifecyclesOf(services, search);
  if (experiments.size === 0) return { items: [] };
  const where = [
    { path: 'experimentId', op: 'in', value: [...experiments.keys()] } as const,
    ...clauses.flatMap(conditionOf),
    ...behind(after, order),
  ];
  const [first] = order;
  const byStartTime = first?.key === 'start_time';
  const listing: Pick<Query, 'where' | 'orderBy'> = {
    where,
    ...(byStartTime ? { orderBy: { path: 'startedAt', direction: first.direction } } : {}),
  };
  const candidates = found(services.trackingStore.runs(listing), { search, clauses, experiments });
  const paging = { order, after, limit, positionOf: (run: RunDocument) => positionOf(run, order) };
  return pageFrom(candidates, paging, byStartTime ? 1 : 0);
};

interface Wanted {
  readonly search: RunSearch;
  readonly clauses: readonly Clause[];
  readonly experiments: ReadonlyMap<string, Lifecycle>;
}

async function* found(
  runs: AsyncIterable<RunDocument>,
  { search, clauses, experiments }: Wanted,
): AsyncGenerator<RunDocument> {
  for await (const run of runs) {
    const lifecycle = experiments.get(run.experimentId) === 'deleted' ? 'deleted' : run.lifecycle;
    if (isViewed(lifecycle, search.viewType) && matches(clauses, matchedOf(run))) yield { ...run, lifecycle };
  }
}

/** Whether each experiment was deleted; those are left out that cannot have a run of the view. */
const lifecyclesOf = async (
  services: Services,
  { experimentIds, viewType }: RunSearch,
): Promise<ReadonlyMap<string, Lifecycle>> => {
  const lifecycles = new Map<string, Lifecycle>();
  const ids = [...new Set(experimentIds)];
  for (let from = 0; from < ids.length; from += READ_AT_ONCE) {
    const some = await Promise.all(ids.slice(from, from + READ_AT_ONCE).map((id) => findExperiment(services, id)));
    for (const experiment of some) {
      if (experiment === undefined) continue;
      const { experimentId, lifecycle } = experiment.value;
      if (viewType !== 'ACTIVE_ONLY' || lifecycle === 'active') lifecycles.set(experimentId, lifecycle);
    }
  }
  return lifecycles;
};

const PROPERTIES: Readonly<Record<string, string>> = {
  run_id: 'runId',
  run_name: 'name',
  status: 'status',
  start_time: 'startedAt',
  end_time: 'endedAt',
};

/** What of a clause a query can do by itself; the clause still has to be held against what it finds. */
const conditionOf = ({ kind, key, comparator, value }: Clause): readonly Where[] => {
  if (kind === 'dataset') return [];
  if (comparator === 'IS NULL') return [];
  if (kind !== 'attribute') {
    const isGiven = kind !== 'metric' && comparator === '=' && typeof value === 'string';
    return [{ path: `${kind}s`, op: 'contains', value: isGiven ? { key, value } : { key } }];
  }
  const path = PROPERTIES[key];
  if (path === undefined) return [];
  if (typeof value === 'object') return comparator === 'IN' ? [{ path, op: 'in', value }] : [];
  if (isAbsence(comparator)) return [];
  const isPlain = comparator !== 'LIKE' && comparator !== 'ILIKE' && comparator !== 'IN' && comparator !== 'NOT IN';
  return isPlain ? [{ path, op: comparator, value }] : [];
};

const behind = (after: Position | undefined, [first]: readonly SortKey[]): readonly Where[] => {
  const startedAt = after?.[0];
  if (first?.key !== 'start_time' || typeof startedAt !== 'number') return [];
  return [{ path: 'startedAt', op: first.direction === 'asc' ? '>=' : '<=', value: startedAt }];
};
