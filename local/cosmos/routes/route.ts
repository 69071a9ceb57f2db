import { CosmosError } from '../cosmos-error.ts';
import type { CosmosReply, CosmosRequest } from '../http/exchange.ts';
import type { Account } from '../storage/account.ts';
import { readAccount } from './account-route.ts';
import { containerRoute, rangesRoute } from './container-routes.ts';
import { databaseRoute } from './database-routes.ts';
import { itemRoute } from './item-routes.ts';

/** The answer to a request. @throws CosmosError for a refusal, 501 for resources that are not emulated */
export const route = async (account: Account, request: CosmosRequest, url: string): Promise<CosmosReply> => {
  switch (request.address.type) {
    case '':
      return readAccount(url);
    case 'dbs':
      return databaseRoute(account, request);
    case 'colls':
      return containerRoute(account, request);
    case 'docs':
      return itemRoute(account, request);
    case 'pkranges':
      return rangesRoute(account, request);
    case 'offers':
      return { status: 200, body: { _rid: '', Offers: [], _count: 0 } };
    default:
      throw new CosmosError(501, `'${request.address.type}' is not emulated.`);
  }
};
