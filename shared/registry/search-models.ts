import type { Clause } from '../mlflow/filter/clause.ts';
import { parseFilter } from '../mlflow/filter/parse-filter.ts';
import { type Position, parseOrderBy, type SortKey } from '../mlflow/order-by.ts';
import { readPageToken } from '../mlflow/page-token.ts';
import { checkMaxResults, type Found, firstPage, pageOf, type Search } from '../mlflow/search.ts';
import type { Where } from '../platform/documents.ts';
import { readRegisteredModel } from './get-model.ts';
import { matches } from './matches.ts';
import type { ModelDocument, RegisteredModel } from './model.ts';
import { nameConditions } from './name-conditions.ts';
import { MODEL_FILTER, MODEL_ORDER } from './searchable.ts';
import type { RegistryServices } from './services.ts';
import type { Listing } from './store.ts';

const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 1_000;
/** Models whose latest versions are read at once. */
const READ_AT_ONCE = 16;

/**
 * The registered models that a filter finds, by name when nothing else is asked. Prompts only when the filter asks.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a wrong filter, order, page token or number of results
 */
export const searchModels = async (services: RegistryServices, search: Search): Promise<Found<RegisteredModel>> => {
  const limit = checkMaxResults(search.maxResults ?? DEFAULT_RESULTS, MAX_RESULTS);
  const order = parseOrderBy(search.orderBy ?? [], MODEL_ORDER);
  const after = readPageToken(search.pageToken, order);
  const clauses = parseFilter(search.filter ?? '', MODEL_FILTER);
  const paging = { order, after, limit, positionOf: (model: ModelDocument) => positionOf(model, order) };
  const page =
    order[0]?.key === 'name'
      ? firstPage(await collectByName(services, clauses, { ...paging, direction: order[0].direction }), paging)
      : pageOf(await collect(services, clauses, { where: nameConditions(clauses) }), paging);
  const items: RegisteredModel[] = [];
  for (let from = 0; from < page.items.length; from += READ_AT_ONCE) {
    const some = page.items.slice(from, from + READ_AT_ONCE);
    items.push(...(await Promise.all(some.map((model) => readRegisteredModel(services.registry, model)))));
  }
  return { ...page, items };
};

/**
 * In order of name the query begins behind the token and ends with the page. The order is the store's: sorting anew
 * could lose what two orders place differently.
 */
const collectByName = (
  services: RegistryServices,
  clauses: readonly Clause[],
  { after, limit, direction }: { after: Position | undefined; limit: number; direction: SortKey['direction'] },
): Promise<ModelDocument[]> => {
  const listing = {
    where: [...nameConditions(clauses), ...behind(after, direction)],
    orderBy: { path: 'name', direction },
    limit: Math.min(limit + 1, MAX_RESULTS),
  };
  return collect(services, clauses, listing, limit + 1);
};

/** At most `enough` of the models that hold against the clauses. */
const collect = async (
  services: RegistryServices,
  clauses: readonly Clause[],
  listing: Listing,
  enough = Number.POSITIVE_INFINITY,
): Promise<ModelDocument[]> => {
  const found: ModelDocument[] = [];
  for await (const model of services.registry.models(listing)) {
    if (!matches(clauses, { attributes: { name: model.name }, tags: model.tags })) continue;
    found.push(model);
    if (found.length >= enough) break;
  }
  return found;
};

const behind = (after: Position | undefined, direction: 'asc' | 'desc'): readonly Where[] =>
  typeof after?.[0] === 'string' ? [{ path: 'name', op: direction === 'asc' ? '>' : '<', value: after[0] }] : [];

const positionOf = (model: ModelDocument, order: readonly SortKey[]): Position =>
  order.map(({ key }) => (key === 'name' ? model.name : model.updatedAt));
