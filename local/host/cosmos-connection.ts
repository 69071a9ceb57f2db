import { CosmosClient } from '@azure/cosmos';
import { connectionSetting, MissingSettingError, type Settings } from './settings.ts';

const clients = new Map<string, CosmosClient>();

/**
 * The client of a Cosmos DB connection, shared by all triggers that name the same account.
 *
 * The setting is `AccountEndpoint=…;AccountKey=…`, or two settings `<connection>__accountEndpoint` and
 * `<connection>__accountKey`.
 *
 * @throws MissingSettingError when neither is there
 */
export const cosmosClient = (connection: string, settings: Settings): CosmosClient => {
  const text = connectionSetting(connection, settings) ?? '';
  const endpoint =
    /AccountEndpoint=([^;]+)/i.exec(text)?.[1] ?? connectionSetting(connection, settings, '__accountEndpoint');
  const key = /AccountKey=([^;]+)/i.exec(text)?.[1] ?? connectionSetting(connection, settings, '__accountKey');
  if (endpoint === undefined || key === undefined) {
    throw new MissingSettingError(`app setting '${connection}' (AccountEndpoint=…;AccountKey=…) is not set`);
  }
  const cacheKey = JSON.stringify([endpoint, key]);
  const known = clients.get(cacheKey);
  if (known) return known;
  const client = new CosmosClient({
    endpoint,
    key,
    // An emulator reached over http has one address, and says https about itself.
    connectionPolicy: { enableEndpointDiscovery: !endpoint.startsWith('http://') },
  });
  clients.set(cacheKey, client);
  return client;
};
