import * as z from 'zod';
import { badRequest, CosmosError } from '../cosmos-error.ts';
import { type CosmosReply, type CosmosRequest, jsonBody } from '../http/exchange.ts';
import type { Account } from '../storage/account.ts';
import { feedReply, isQuery, scannedResources } from './feed-reply.ts';

const METADATA_CHARGE = 2;
const databaseBody = z.object({ id: z.string().min(1).max(255) });

const createDatabase = (account: Account, request: CosmosRequest): CosmosReply => {
  const parsed = databaseBody.safeParse(jsonBody(request));
  if (!parsed.success) throw badRequest(z.prettifyError(parsed.error));
  return { status: 201, body: account.createDatabase(parsed.data.id), charge: METADATA_CHARGE };
};

const listDatabases = (account: Account, request: CosmosRequest): Promise<CosmosReply> => {
  const documents = scannedResources([...account.databases.values()].map(({ resource }) => resource));
  return feedReply(request, { rid: '', listName: 'Databases', documents });
};

/** `/dbs` and `/dbs/{id}`. */
export const databaseRoute = async (account: Account, request: CosmosRequest): Promise<CosmosReply> => {
  const { method, address } = request;
  if (address.id === undefined) {
    if (method === 'POST' && !isQuery(request)) return createDatabase(account, request);
    return listDatabases(account, request);
  }
  if (method === 'GET') return { status: 200, body: account.database(address.id).resource, charge: METADATA_CHARGE };
  if (method === 'DELETE') {
    account.deleteDatabase(address.id);
    return { status: 204, charge: METADATA_CHARGE };
  }
  throw new CosmosError(405, 'The method is not allowed on a database.');
};
