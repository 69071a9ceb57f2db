import { badRequest } from '../cosmos-error.ts';
import { effectivePartitionKey } from '../effective-partition-key.ts';
import { type CosmosReply, type CosmosRequest, header, jsonBody } from '../http/exchange.ts';
import { queryCharge } from '../request-charge.ts';
import type { SelectQuery } from '../sql/ast.ts';
import { parseQuery } from '../sql/parse-query.ts';
import type { ScannedDocument } from '../sql/query-input.ts';
import type { Account } from '../storage/account.ts';
import type { Container } from '../storage/container.ts';
import type { Partition, StoredDocument } from '../storage/partition.ts';
import { isExpired } from '../storage/time-to-live.ts';
import { feedReply, isQuery } from './feed-reply.ts';
import { givenPartitionKey } from './item-context.ts';
import { parseQueryBody } from './query-body.ts';
import { type Scan, scan } from './scan.ts';

function* liveDocuments(
  account: Account,
  container: Container,
  documents: Iterable<StoredDocument>,
): Generator<ScannedDocument> {
  const now = account.now();
  for (const { body, ordinal, partition } of documents) {
    if (!isExpired(container.definition, body, now)) yield { body, partition: partition.ordinal, ordinal };
  }
}

function* documentsOf(partitions: readonly Partition[]): Generator<StoredDocument> {
  for (const { documents } of partitions) yield* documents.values();
}

/** The range of partitions that the request is limited to; undefined for all. */
const rangeOf = (request: CosmosRequest): { readonly from: string; readonly to: string } | undefined => {
  const from = header(request, 'x-ms-start-epk') ?? '';
  const to = header(request, 'x-ms-end-epk') ?? 'FF';
  return from === '' && to === 'FF' ? undefined : { from, to };
};

/** The documents that the request has to look at. */
const scanOf = (container: Container, request: CosmosRequest): Scan => {
  const partitions = container.partitionsUnder(givenPartitionKey(request));
  const range = rangeOf(request);
  const isWhole = givenPartitionKey(request) === undefined;
  if (range === undefined && isQuery(request) && (isWhole || partitions.length === 1)) {
    const { query, parameters } = parseQueryBody(jsonBody(request));
    const continuation = header(request, 'x-ms-continuation');
    return scan(container, isWhole ? undefined : partitions[0], { query: parseQuery(query), parameters, continuation });
  }
  const within = partitions.filter((partition) => {
    const key = range === undefined ? '' : partition.effectiveKey(effectivePartitionKey);
    return range === undefined || (key >= range.from && key < range.to);
  });
  return { documents: documentsOf(within), isSorted: false };
};

const sortPath = (expression: NonNullable<SelectQuery['orderBy']>['expressions'][number]['expression']): string => {
  if (expression.type !== 'scalar_member_expression') return '';
  const { property } = expression;
  const name = 'name' in property ? property.name : 'value' in property ? property.value : '';
  return `${sortPath(expression.object)}/${String(name)}`;
};

/** Sorting by several properties needs an index made for it: the same paths, all directions as given or all reversed. */
const assertCompositeIndex = (container: Container, request: CosmosRequest): void => {
  const sorts = parseQuery(parseQueryBody(jsonBody(request)).query).select.orderBy?.expressions ?? [];
  if (sorts.length < 2) return;
  const wanted = sorts.map(({ expression, order }) => ({
    path: sortPath(expression),
    order: order?.toUpperCase() === 'DESC' ? 'descending' : 'ascending',
  }));
  const isServed = (container.definition.indexingPolicy?.compositeIndexes ?? []).some(
    (index) =>
      index.length === wanted.length &&
      index.every(({ path }, at) => path === wanted[at]?.path) &&
      new Set(index.map(({ order }, at) => order === wanted[at]?.order)).size === 1,
  );
  if (isServed) return;
  throw badRequest('The order by query does not have a corresponding composite index that it can be served from.');
};

/** A query of one partition, of a prefix of a hierarchical key, or of the whole container; a list when it is no query. */
export const queryItems = async (
  account: Account,
  container: Container,
  request: CosmosRequest,
): Promise<CosmosReply> => {
  if (isQuery(request)) assertCompositeIndex(container, request);
  const { documents: scanned, isSorted } = scanOf(container, request);
  const documents = liveDocuments(account, container, scanned);
  const page = await feedReply(request, { rid: container.rid, listName: 'Documents', documents, isSorted });
  return { ...page, charge: queryCharge(page.scannedCount, page.bytes) };
};

/**
 * The plan of a query: one range, nothing left for the client to merge, because one range holds everything.
 *
 * @throws CosmosError 400 for what is no query
 */
export const queryPlan = (body: unknown): CosmosReply => {
  parseQuery(parseQueryBody(body).query);
  const queryInfo = {
    distinctType: 'None',
    top: null,
    offset: null,
    limit: null,
    orderBy: [],
    orderByExpressions: [],
    groupByExpressions: [],
    groupByAliases: [],
    aggregates: [],
    groupByAliasToAggregateType: {},
    rewrittenQuery: '',
    hasSelectValue: false,
    hasNonStreamingOrderBy: false,
  };
  const queryRanges = [{ min: '', max: 'FF', isMinInclusive: true, isMaxInclusive: false }];
  return { status: 200, body: { partitionedQueryExecutionInfoVersion: 2, queryInfo, queryRanges } };
};
