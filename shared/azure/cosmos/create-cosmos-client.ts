import type { TokenCredential } from '@azure/core-auth';
import { CosmosClient } from '@azure/cosmos';

export interface CosmosAccess {
  readonly endpoint: string;
  /** Master key, base64. Without it `credential` is used, which the SDK sends over https only. */
  readonly key?: string;
  readonly credential?: TokenCredential;
}

/** Above the service's own limit of 5 s per operation, and below the time a caller waits. */
const REQUEST_TIMEOUT_MS = 10_000;
const RETRIES_WHEN_THROTTLED = {
  maxRetryAttemptCount: 5,
  fixedRetryIntervalInMilliseconds: 0,
  maxWaitTimeInSeconds: 10,
};

/** A client of one account. Regions are looked up only over https: an emulator has none. */
export const createCosmosClient = ({ endpoint, key, credential }: CosmosAccess): CosmosClient =>
  new CosmosClient({
    endpoint,
    connectionPolicy: {
      enableEndpointDiscovery: endpoint.startsWith('https:'),
      requestTimeout: REQUEST_TIMEOUT_MS,
      retryOptions: RETRIES_WHEN_THROTTLED,
    },
    ...(key === undefined ? {} : { key }),
    ...(key !== undefined || credential === undefined ? {} : { aadCredentials: credential }),
  });
