import { badRequest } from '../cosmos-error.ts';
import type { CosmosReply } from '../http/exchange.ts';
import { type CosmosRequest, header } from '../http/exchange.ts';
import type { Conditions, ItemResult } from '../items/item-result.ts';
import { isJsonObject } from '../json.ts';
import { extractPartitionKey, type PartitionKey, parsePartitionKey } from '../partition-key.ts';
import type { Container } from '../storage/container.ts';

export const conditionsOf = (request: CosmosRequest): Conditions => {
  const ifMatch = header(request, 'if-match');
  const ifNoneMatch = header(request, 'if-none-match');
  return { ...(ifMatch === undefined ? {} : { ifMatch }), ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }) };
};

/** The partition key of the header, which may be a prefix of a hierarchical one. */
export const givenPartitionKey = (request: CosmosRequest): PartitionKey | undefined => {
  const text = header(request, 'x-ms-documentdb-partitionkey');
  return text === undefined ? undefined : parsePartitionKey(text);
};

/**
 * The whole partition key of a point operation: the header's, or the body's when there is no header.
 *
 * @throws CosmosError 400 when neither has one
 */
export const wholePartitionKey = (container: Container, request: CosmosRequest, body?: unknown): PartitionKey => {
  const { partitionKey } = container.definition;
  const given =
    givenPartitionKey(request) ?? (isJsonObject(body) ? extractPartitionKey(body, partitionKey) : undefined);
  if (given?.length === partitionKey.paths.length) return given;
  throw badRequest(
    "Partition key provided either doesn't correspond to definition in the collection or doesn't match partition key field values specified in the document.",
    1001,
  );
};

export const toReply = ({ status, body, etag, charge }: ItemResult): CosmosReply => ({
  status,
  charge,
  ...(body === undefined ? {} : { body }),
  ...(etag === undefined ? {} : { headers: { etag } }),
});
