import type { CosmosReply } from '../http/exchange.ts';

/** What a client asks for first: who the account is, and its one region. */
export const readAccount = (url: string): CosmosReply => ({
  status: 200,
  body: {
    _self: '',
    id: 'emulator',
    _rid: 'emulator',
    media: '//media/',
    addresses: '//addresses/',
    _dbs: '//dbs/',
    writableLocations: [{ name: 'Local', databaseAccountEndpoint: url }],
    readableLocations: [{ name: 'Local', databaseAccountEndpoint: url }],
    enableMultipleWriteLocations: false,
    userReplicationPolicy: { asyncReplication: false, minReplicaSetSize: 1, maxReplicasetSize: 1 },
    userConsistencyPolicy: { defaultConsistencyLevel: 'Session' },
    systemReplicationPolicy: { minReplicaSetSize: 1, maxReplicasetSize: 1 },
    readPolicy: { primaryReadCoefficient: 1, secondaryReadCoefficient: 1 },
    queryEngineConfiguration: '{}',
  },
});
