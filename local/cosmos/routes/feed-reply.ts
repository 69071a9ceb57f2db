import { type CosmosReply, type CosmosRequest, header, isTrue, jsonBody, maxItemCount } from '../http/exchange.ts';
import type { JsonObject } from '../json.ts';
import { parseQuery } from '../sql/parse-query.ts';
import type { ScannedDocument } from '../sql/query-input.ts';
import { runQuery } from '../sql/run-query.ts';
import { parseQueryBody } from './query-body.ts';

const MAX_PAGE_BYTES = 4 * 1024 * 1024;

export interface Feed {
  readonly rid: string;
  /** The wire's name of the list, such as `Documents`. */
  readonly listName: string;
  readonly documents: Iterable<ScannedDocument>;
  readonly isSorted?: boolean;
}

export const isQuery = (request: CosmosRequest): boolean =>
  isTrue(request, 'x-ms-documentdb-isquery') ||
  (header(request, 'content-type') ?? '').startsWith('application/query+json');

export interface FeedPageReply extends CosmosReply {
  readonly scannedCount: number;
  readonly bytes: number;
}

/** One page of a feed: of what the query in the body selects, or of everything when it is no query. */
export const feedReply = async (request: CosmosRequest, feed: Feed): Promise<FeedPageReply> => {
  const { query, parameters } = isQuery(request)
    ? parseQueryBody(jsonBody(request))
    : { query: 'SELECT * FROM c', parameters: new Map() };
  const token = header(request, 'x-ms-continuation');
  const page = await runQuery({
    query: parseQuery(query),
    parameters,
    documents: feed.documents,
    isSorted: feed.isSorted ?? false,
    maxItems: maxItemCount(request),
    maxBytes: MAX_PAGE_BYTES,
    ...(token === undefined ? {} : { continuation: token }),
  });
  const body = `{"_rid":"${feed.rid}","${feed.listName}":[${page.items.join(',')}],"_count":${page.items.length}}`;
  return {
    status: 200,
    body,
    bytes: body.length,
    scannedCount: page.scannedCount,
    headers: {
      'x-ms-item-count': String(page.items.length),
      'x-emulator-documents-scanned': String(page.scannedCount),
      ...(page.continuation === undefined ? {} : { 'x-ms-continuation': page.continuation }),
    },
  };
};

/** Resources that are no documents, such as databases, in the order of their making. */
export const scannedResources = (resources: readonly JsonObject[]): readonly ScannedDocument[] =>
  resources.map((body, index) => ({ body, partition: 0, ordinal: index }));
