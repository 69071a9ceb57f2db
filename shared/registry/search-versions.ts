import type { Clause } from '../mlflow/filter/clause.ts';
import { parseFilter } from '../mlflow/filter/parse-filter.ts';
import { parseOrderBy } from '../mlflow/order-by.ts';
import { readPageToken } from '../mlflow/page-token.ts';
import { checkMaxResults, type Found, firstPage, pageOf, type Search } from '../mlflow/search.ts';
import type { ModelScope } from '../platform/access/grant.ts';
import { conditions, promptConditions, scopeConditions } from './conditions.ts';
import { take } from './in-order.ts';
import type { ModelDocument, ModelVersion } from './model.ts';
import { MODEL_PATHS, pageSizeFor, VERSION_FILTER, VERSION_ORDER, VERSION_PATHS } from './searchable.ts';
import type { RegistryServices } from './services.ts';
import type { RegistryStore } from './store.ts';
import { asVersions, listVersions, type VersionScope } from './version-scope.ts';
import { positionIn, versionsInOrder } from './versions-in-order.ts';

/** MLflow's: without `max_results` a search returns everything. */
const MAX_RESULTS = 200_000;
/** What a filter finds is read as a whole up to here, and in order beyond. */
const FEW = 250;
/** Models whose names fit are told to the store up to here. */
const FEW_MODELS = 500;

/**
 * The model versions that a filter finds, the last changed first when nothing else is asked.
 *
 * @param visible the models that the caller may see; the others are as if they were not there
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a wrong filter, order, page token or number of results
 */
export const searchVersions = async (
  services: RegistryServices,
  search: Search,
  visible: ModelScope = 'all',
): Promise<Found<ModelVersion>> => {
  const limit = checkMaxResults(search.maxResults ?? MAX_RESULTS, MAX_RESULTS);
  const order = parseOrderBy(search.orderBy ?? [], VERSION_ORDER);
  const after = readPageToken(search.pageToken, order);
  const clauses = [...parseFilter(search.filter ?? '', VERSION_FILTER), ...(search.clauses ?? [])];
  const scope = await scopeOf(services.registry, { clauses, visible, pageSize: pageSizeFor(limit) });
  if (scope === undefined) return { items: [] };
  const positionOf = (version: ModelVersion) => positionIn(order, version);
  const few = await allOf(scope, clauses);
  if (few !== undefined) return pageOf(few, { order, after, limit, positionOf });
  return firstPage(await take(versionsInOrder(scope, order, after), limit + 1), { order, positionOf, limit });
};

/** Where to look for versions; undefined when the filter names a model that is not there. */
const scopeOf = async (
  registry: RegistryStore,
  asked: Pick<VersionScope, 'clauses' | 'visible' | 'pageSize'>,
): Promise<VersionScope | undefined> => {
  const { clauses, visible } = asked;
  const where = [...promptConditions(clauses), ...conditions(clauses, VERSION_PATHS)];
  const named = clauses.filter(({ kind }) => kind === 'attribute');
  const modelWhere = [...scopeConditions(visible), ...conditions(named, MODEL_PATHS)];
  const scope = { ...asked, registry, where, modelWhere, known: new Map<string, ModelDocument>() };
  const name = named.find(({ key, comparator }) => key === 'name' && comparator === '=')?.value;
  if (typeof name === 'string') {
    const model = (await registry.findModel(name))?.value;
    return model === undefined ? undefined : { ...scope, model };
  }
  // Almost every name is another than that one.
  if (modelWhere.every(({ op }) => op === '!=')) return scope;
  const models = await take(registry.models({ where: modelWhere, limit: FEW_MODELS + 1 }), FEW_MODELS + 1);
  return models.length > FEW_MODELS ? scope : { ...scope, models };
};

/** All that a filter finds, when it is known to be little. Without conditions for the store it is not even asked. */
const allOf = async (scope: VersionScope, clauses: readonly Clause[]): Promise<ModelVersion[] | undefined> => {
  if (scope.models === undefined && conditions(clauses, VERSION_PATHS).length === 0) return undefined;
  const found = await take(listVersions({ ...scope, pageSize: FEW + 1 }, []), FEW + 1);
  return found.length > FEW ? undefined : asVersions(scope, found);
};
