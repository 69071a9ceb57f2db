import * as z from 'zod';
import { badRequest, CosmosError } from '../cosmos-error.ts';
import { type CosmosReply, type CosmosRequest, jsonBody } from '../http/exchange.ts';
import type { Account } from '../storage/account.ts';
import { type ContainerDefinition, containerDefinition } from '../storage/container-definition.ts';
import { feedReply, isQuery, scannedResources } from './feed-reply.ts';

const METADATA_CHARGE = 2;

const parseDefinition = (request: CosmosRequest): ContainerDefinition => {
  const parsed = containerDefinition.safeParse(jsonBody(request));
  if (!parsed.success) throw badRequest(`The container is not valid: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
};

const replaceContainer = (account: Account, request: CosmosRequest, database: string): CosmosReply => {
  const definition = parseDefinition(request);
  const before = account.container(database, request.address.id ?? '').definition;
  if (definition.id !== before.id) throw badRequest('The id of a container cannot be changed.');
  const samePaths = JSON.stringify(definition.partitionKey.paths) === JSON.stringify(before.partitionKey.paths);
  const sameUniqueKeys = JSON.stringify(definition.uniqueKeyPolicy) === JSON.stringify(before.uniqueKeyPolicy);
  if (!samePaths || !sameUniqueKeys) {
    throw badRequest('Document collection partition key and unique keys cannot be changed.');
  }
  return { status: 200, body: account.replaceContainer(database, definition), charge: METADATA_CHARGE };
};

const listContainers = (account: Account, request: CosmosRequest, database: string): Promise<CosmosReply> => {
  const { resource, containers } = account.database(database);
  return feedReply(request, {
    rid: String(resource['_rid']),
    listName: 'DocumentCollections',
    documents: scannedResources([...containers.values()].map((container) => container.resource)),
  });
};

/** `/dbs/{database}/colls` and `/dbs/{database}/colls/{id}`. */
export const containerRoute = async (account: Account, request: CosmosRequest): Promise<CosmosReply> => {
  const { method, address } = request;
  const database = address.database ?? '';
  if (address.id === undefined) {
    if (method !== 'POST' || isQuery(request)) return listContainers(account, request, database);
    return { status: 201, body: account.createContainer(database, parseDefinition(request)), charge: METADATA_CHARGE };
  }
  if (method === 'GET') {
    return { status: 200, body: account.container(database, address.id).resource, charge: METADATA_CHARGE };
  }
  if (method === 'PUT') return replaceContainer(account, request, database);
  if (method === 'DELETE') {
    account.deleteContainer(database, address.id);
    return { status: 204, charge: METADATA_CHARGE };
  }
  throw new CosmosError(405, 'The method is not allowed on a container.');
};

/** `/dbs/{database}/colls/{id}/pkranges`: everything is in one physical partition. */
export const rangesRoute = (account: Account, { address }: CosmosRequest): CosmosReply => {
  const { rid } = account.container(address.database ?? '', address.container ?? '');
  const range = {
    _rid: rid,
    id: '0',
    _etag: '"0"',
    minInclusive: '',
    maxExclusive: 'FF',
    ridPrefix: 0,
    _self: '',
    throughputFraction: 1,
    status: 'online',
    parents: [],
    _ts: 0,
    _lsn: 0,
  };
  return { status: 200, body: { _rid: rid, PartitionKeyRanges: [range], _count: 1 }, headers: { etag: '"0"' } };
};
