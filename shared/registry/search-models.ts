import type { Clause } from '../mlflow/filter/clause.ts';
import { parseFilter } from '../mlflow/filter/parse-filter.ts';
import { type Position, parseOrderBy, type SortKey } from '../mlflow/order-by.ts';
import { readPageToken } from '../mlflow/page-token.ts';
import { checkMaxResults, type Found, firstPage, type Search } from '../mlflow/search.ts';
import { inScope, type ModelScope } from '../platform/access/grant.ts';
import type { Where } from '../platform/documents.ts';
import { conditions, promptConditions, scopeConditions } from './conditions.ts';
import { readRegisteredModel } from './get-model.ts';
import { inOrder, take } from './in-order.ts';
import { matches } from './matches.ts';
import type { ModelDocument, RegisteredModel } from './model.ts';
import { MODEL_FILTER, MODEL_ORDER, MODEL_PATHS, pageSizeFor } from './searchable.ts';
import type { RegistryServices } from './services.ts';
import type { RegistryStore } from './store.ts';

const DEFAULT_RESULTS = 100;
const MAX_RESULTS = 1_000;
/** Models whose latest versions are read at once. */
const READ_AT_ONCE = 16;

/**
 * The registered models that a filter finds, by name when nothing else is asked. Prompts only when the filter asks.
 *
 * @param visible the models that the caller may see; the others are as if they were not there
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a wrong filter, order, page token or number of results
 */
export const searchModels = async (
  services: RegistryServices,
  search: Search,
  visible: ModelScope = 'all',
): Promise<Found<RegisteredModel>> => {
  const { registry } = services;
  const limit = checkMaxResults(search.maxResults ?? DEFAULT_RESULTS, MAX_RESULTS);
  const order = parseOrderBy(search.orderBy ?? [], MODEL_ORDER);
  const after = readPageToken(search.pageToken, order);
  const clauses = [...parseFilter(search.filter ?? '', MODEL_FILTER), ...(search.clauses ?? [])];
  const where = [...promptConditions(clauses), ...scopeConditions(visible), ...conditions(clauses, MODEL_PATHS)];
  const found = modelsInOrder({ registry, clauses, visible, where, pageSize: pageSizeFor(limit) }, order, after);
  const positionOf = (model: ModelDocument) => positionIn(order, model);
  const page = firstPage(await take(found, limit + 1), { order, positionOf, limit });
  const items: RegisteredModel[] = [];
  for (let from = 0; from < page.items.length; from += READ_AT_ONCE) {
    const some = page.items.slice(from, from + READ_AT_ONCE);
    items.push(...(await Promise.all(some.map((model) => readRegisteredModel(registry, model)))));
  }
  return { ...page, items };
};

interface Scope {
  readonly registry: RegistryStore;
  readonly clauses: readonly Clause[];
  readonly visible: ModelScope;
  readonly where: readonly Where[];
  readonly pageSize: number;
}

const modelsInOrder = (
  scope: Scope,
  order: readonly SortKey[],
  after: Position | undefined,
): AsyncIterable<ModelDocument> => {
  const [first] = order;
  if (first === undefined || first.key === 'name') return byName(scope, first?.direction ?? 'asc', after);
  const path = 'updatedAt';
  return inOrder<ModelDocument>({
    order,
    after,
    path,
    positionOf: (model) => positionIn(order, model),
    list: (bound) => matching({ ...scope, where: [...scope.where, ...bound] }, { path, direction: first.direction }),
    ties: (value, behind) => {
      const where: readonly Where[] = [...scope.where, { path, op: '=', value }];
      return modelsInOrder({ ...scope, where }, order.slice(1), behind);
    },
  });
};

/** The order of names is the store's: sorting anew could lose what two orders place differently. */
const byName = (
  scope: Scope,
  direction: SortKey['direction'],
  after: Position | undefined,
): AsyncIterable<ModelDocument> => {
  const [name] = after ?? [];
  const behind: readonly Where[] =
    name === undefined ? [] : [{ path: 'name', op: direction === 'asc' ? '>' : '<', value: name }];
  return matching({ ...scope, where: [...scope.where, ...behind] }, { path: 'name', direction });
};

async function* matching(
  { registry, clauses, visible, where, pageSize }: Scope,
  orderBy: { readonly path: string; readonly direction: SortKey['direction'] },
): AsyncGenerator<ModelDocument> {
  for await (const model of registry.models({ where, orderBy, limit: pageSize })) {
    if (!inScope(visible, model.name)) continue;
    if (matches(clauses, { attributes: { name: model.name }, tags: model.tags })) yield model;
  }
}

const positionIn = (order: readonly SortKey[], model: ModelDocument): Position =>
  order.map(({ key }) => (key === 'name' ? model.name : model.updatedAt));
