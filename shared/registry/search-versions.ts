import type { Clause } from '../mlflow/filter/clause.ts';
import { parseFilter } from '../mlflow/filter/parse-filter.ts';
import { type Position, parseOrderBy, type SortKey } from '../mlflow/order-by.ts';
import { readPageToken } from '../mlflow/page-token.ts';
import { checkMaxResults, type Found, pageOf, type Search } from '../mlflow/search.ts';
import { matches } from './matches.ts';
import type { ModelDocument, ModelVersion } from './model.ts';
import { nameConditions } from './name-conditions.ts';
import { toModelVersion } from './read-models.ts';
import { VERSION_FILTER, VERSION_ORDER } from './searchable.ts';
import type { RegistryServices } from './services.ts';

/** MLflow's: without `max_results` a search returns everything. */
const MAX_RESULTS = 200_000;

/**
 * The model versions that a filter finds, the last changed first when nothing else is asked.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for a wrong filter, order, page token or number of results
 */
export const searchVersions = async (services: RegistryServices, search: Search): Promise<Found<ModelVersion>> => {
  const limit = checkMaxResults(search.maxResults ?? MAX_RESULTS, MAX_RESULTS);
  const order = parseOrderBy(search.orderBy ?? [], VERSION_ORDER);
  const after = readPageToken(search.pageToken, order);
  const clauses = parseFilter(search.filter ?? '', VERSION_FILTER);
  const found: ModelVersion[] = [];
  for await (const version of candidates(services, clauses)) {
    if (matches(clauses, { attributes: attributesOf(version), tags: version.tags })) found.push(version);
  }
  return pageOf(found, { order, after, limit, positionOf: (version) => positionOf(version, order) });
};

/** Versions of the one model that the filter names, or of every model whose name fits. */
async function* candidates(services: RegistryServices, clauses: readonly Clause[]): AsyncGenerator<ModelVersion> {
  const { registry } = services;
  const name = clauses.find(
    ({ kind, key, comparator }) => kind === 'attribute' && key === 'name' && comparator === '=',
  );
  if (typeof name?.value === 'string') {
    const model = (await registry.findModel(name.value))?.value;
    if (model === undefined) return;
    for await (const { value } of registry.versions(model.modelId)) yield toModelVersion(model, value);
    return;
  }
  const models = new Map<string, ModelDocument>();
  for await (const model of registry.models({ where: nameConditions(clauses) })) models.set(model.modelId, model);
  for await (const { value } of registry.versions(undefined)) {
    const model = models.get(value.modelId);
    if (model !== undefined) yield toModelVersion(model, value);
  }
}

const attributesOf = (version: ModelVersion) => ({
  name: version.name,
  version_number: Number(version.version),
  run_id: version.runId,
  source_path: version.source,
});

const positionOf = (version: ModelVersion, order: readonly SortKey[]): Position => {
  const values: Readonly<Record<string, string | number>> = {
    name: version.name,
    version_number: Number(version.version),
    creation_timestamp: version.createdAt,
    last_updated_timestamp: version.updatedAt,
  };
  return order.map(({ key }) => values[key] ?? '');
};
