import type { FilterSchema } from '../../mlflow/filter/clause.ts';
import { matches } from '../../mlflow/filter/matches.ts';
import { parseFilter } from '../../mlflow/filter/parse-filter.ts';
import { type Position, parseOrderBy, type SortKey, type SortRules } from '../../mlflow/order-by.ts';
import { readPageToken } from '../../mlflow/page-token.ts';
import { checkMaxResults, type Found, pageFrom, type Search } from '../../mlflow/search.ts';
import type { TrackingServices } from '../services.ts';
import type { ExperimentDocument } from './experiment.ts';
import { ensureDefaultExperiment } from './get-experiment.ts';

export const VIEW_TYPES = ['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const;

/** Which of what is there and what was deleted is wanted. */
export type ViewType = (typeof VIEW_TYPES)[number];

const DEFAULT_RESULTS = 1_000;
const MAX_RESULTS = 50_000;

const FILTER: FilterSchema = {
  attributes: new Map([
    ['name', 'text'],
    ['creation_time', 'number'],
    ['last_update_time', 'number'],
  ]),
  entities: ['tag'],
  absence: true,
};

const ORDER: SortRules = {
  words: new Map(['name', 'experiment_id', 'creation_time', 'last_update_time'].map((word) => [word, word])),
  entities: ['attribute'],
  byDefault: [
    { key: 'creation_time', direction: 'desc' },
    { key: 'experiment_id', direction: 'asc' },
  ],
  ties: [{ key: 'experiment_id', direction: 'desc' }],
};

/**
 * The experiments that a filter finds, the newest first when nothing else is asked.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a wrong filter, order, page token or number of results
 */
export const searchExperiments = async (
  services: Pick<TrackingServices, 'trackingStore' | 'clock'>,
  search: Search & { readonly viewType: ViewType },
): Promise<Found<ExperimentDocument>> => {
  const limit = checkMaxResults(search.maxResults ?? DEFAULT_RESULTS, MAX_RESULTS);
  const order = parseOrderBy(search.orderBy ?? [], ORDER);
  const after = readPageToken(search.pageToken, order);
  const clauses = parseFilter(search.filter ?? '', FILTER);
  await ensureDefaultExperiment(services);
  const fits = (experiment: ExperimentDocument): boolean =>
    isViewed(experiment.lifecycle, search.viewType) &&
    matches(clauses, { attributes: attributesOf(experiment), tags: experiment.tags });
  const candidates = filtered(services.trackingStore.experiments(), fits);
  return pageFrom(candidates, { order, after, limit, positionOf: (experiment) => positionOf(experiment, order) });
};

export const isViewed = (lifecycle: 'active' | 'deleted', view: ViewType): boolean =>
  view === 'ALL' || lifecycle === (view === 'ACTIVE_ONLY' ? 'active' : 'deleted');

async function* filtered<T>(items: AsyncIterable<T>, fits: (item: T) => boolean): AsyncGenerator<T> {
  for await (const item of items) if (fits(item)) yield item;
}

const attributesOf = ({ name, createdAt, updatedAt, experimentId }: ExperimentDocument) => ({
  name,
  creation_time: createdAt,
  last_update_time: updatedAt,
  // As numbers have it: a shorter id is a smaller one.
  experiment_id: experimentId.padStart(19, '0'),
});

const positionOf = (experiment: ExperimentDocument, order: readonly SortKey[]): Position => {
  const attributes: Readonly<Record<string, string | number>> = attributesOf(experiment);
  return order.map(({ key }) => attributes[key] ?? '');
};
