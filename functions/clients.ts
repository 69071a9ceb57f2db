import type { TokenCredential } from '@azure/core-auth';
import { DefaultAzureCredential } from '@azure/identity';
import { createBlobLeases } from '../shared/azure/blob/create-blob-leases.ts';
import { createBlobs } from '../shared/azure/blob/create-blobs.ts';
import { createContainerFiles } from '../shared/azure/blob/create-container-files.ts';
import { createBlobImageLayout } from '../shared/azure/container-registry/create-blob-image-layout.ts';
import { createBlobLayerFacts } from '../shared/azure/container-registry/create-blob-layer-facts.ts';
import { createRegistryImages } from '../shared/azure/container-registry/create-registry-images.ts';
import { createRegistryTasks } from '../shared/azure/container-registry/tasks/create-registry-tasks.ts';
import { createCosmosClient } from '../shared/azure/cosmos/create-cosmos-client.ts';
import { createCosmosDocuments } from '../shared/azure/cosmos/create-cosmos-documents.ts';
import { createEntraVerifier } from '../shared/azure/entra/create-entra-verifier.ts';
import { createEventPublisher } from '../shared/azure/event-grid/create-event-publisher.ts';
import { createImageSigner } from '../shared/azure/key-vault/create-image-signer.ts';
import { createMachineLearningEndpoints } from '../shared/azure/machine-learning/create-machine-learning-endpoints.ts';
import { createMachineLearningModels } from '../shared/azure/machine-learning/create-machine-learning-models.ts';
import { createEndpointMetrics } from '../shared/azure/monitor/create-endpoint-metrics.ts';
import { createStorageQueues } from '../shared/azure/queue/create-storage-queues.ts';
import type { ModelFiles } from '../shared/packaging/files/model-files.ts';
import type { ImageStore } from '../shared/packaging/image/ports.ts';
import type { Blobs } from '../shared/platform/blobs.ts';
import type { Config } from '../shared/platform/config.ts';
import type { Documents } from '../shared/platform/documents.ts';
import type { ContainerName } from '../shared/platform/resources.ts';
import { durationMs, systemClock } from '../shared/platform/time.ts';

/**
 * Every client of Azure, one each. Managed identity in Azure; on the embedded stack, where endpoints are http and the
 * SDKs refuse tokens, the keys that the settings carry.
 */
export const createClients = (config: Config) => {
  const credential = lazyCredential(config);
  const storage = config.STORAGE_CONNECTION_STRING;
  const arm = {
    armEndpoint: config.ARM_ENDPOINT,
    workspaceId: config.AZURE_ML_WORKSPACE_ID,
    apiVersion: config.AZURE_ML_API_VERSION,
    credential: config.ARM_TOKEN === undefined ? credential() : { token: config.ARM_TOKEN },
  };
  const blobAccount =
    storage === undefined
      ? { endpoint: config.BLOB_ENDPOINT, credential: credential() }
      : { connectionString: storage };
  const models = createMachineLearningModels(arm);
  const blobs = createBlobs(blobAccount);
  return {
    documents: documentsOf(config, credential),
    blobs,
    images: imagesOf(config, blobs, credential),
    layerFacts: createBlobLayerFacts(blobs),
    signer:
      config.SIGNING_KEY_ID === undefined
        ? undefined
        : createImageSigner({ keyId: config.SIGNING_KEY_ID, credential: credential() }),
    registryTasks:
      config.CONTAINER_REGISTRY_ID === undefined
        ? undefined
        : createRegistryTasks({
            armEndpoint: arm.armEndpoint,
            registryId: config.CONTAINER_REGISTRY_ID,
            credential: arm.credential,
          }),
    leases: createBlobLeases(blobAccount),
    queues: createStorageQueues(
      storage === undefined
        ? { endpoint: config.QUEUE_ENDPOINT, credential: credential() }
        : { connectionString: storage },
    ),
    publisher: createEventPublisher({
      endpoint: config.EVENT_GRID_TOPIC_ENDPOINT,
      ...keyOr('key', config.EVENT_GRID_TOPIC_KEY, credential),
    }),
    endpoints: createMachineLearningEndpoints({
      ...arm,
      location: config.AZURE_LOCATION,
      ...(config.ENDPOINT_IDENTITY_ID === undefined ? {} : { identityId: config.ENDPOINT_IDENTITY_ID }),
    }),
    metrics: createEndpointMetrics({ ...arm, granularityMs: durationMs(config.METRICS_GRANULARITY) }),
    models,
    entra: entraOf(config),
    azureMlFiles: async (uri: string): Promise<ModelFiles> =>
      createContainerFiles(
        await models.resolveDatastorePath(uri),
        storage === undefined ? { credential: credential() } : { connectionString: storage },
      ),
  };
};

const imagesOf = (config: Config, blobs: Blobs, credential: () => TokenCredential): ImageStore => {
  const { IMAGE_STORE, IMAGE_REGISTRY, IMAGE_REGISTRY_USERNAME: username, IMAGE_REGISTRY_PASSWORD: password } = config;
  if (IMAGE_STORE === 'layout') return createBlobImageLayout(blobs, IMAGE_REGISTRY);
  return createRegistryImages({
    registry: IMAGE_REGISTRY,
    privateEgress: config.PRIVATE_EGRESS,
    credentials:
      username === undefined || password === undefined
        ? { kind: 'entra', credential: { getToken: (scopes, options) => credential().getToken(scopes, options) } }
        : { kind: 'basic', username, password },
  });
};

const entraOf = ({ ENTRA_TENANT_ID, ENTRA_AUDIENCE, ENTRA_AUTHORITY }: Config) =>
  ENTRA_TENANT_ID === undefined || ENTRA_AUDIENCE === undefined
    ? undefined
    : createEntraVerifier({
        tenantId: ENTRA_TENANT_ID,
        audience: ENTRA_AUDIENCE,
        authority: ENTRA_AUTHORITY,
        clock: systemClock,
      });

const documentsOf = (config: Config, credential: () => TokenCredential): ((name: ContainerName) => Documents) => {
  const client = createCosmosClient({
    endpoint: config.COSMOS_ENDPOINT,
    ...keyOr('key', config.COSMOS_KEY, credential),
  });
  const database = client.database(config.COSMOS_DATABASE);
  return (name) => createCosmosDocuments(database.container(name));
};

const keyOr = (name: 'key', key: string | undefined, credential: () => TokenCredential) =>
  key === undefined ? { credential: credential() } : { [name]: key };

/** Built when the first client needs it: on the embedded stack none does. */
const lazyCredential = ({ AZURE_CLIENT_ID }: Config): (() => TokenCredential) => {
  let credential: TokenCredential | undefined;
  return () => {
    credential ??= new DefaultAzureCredential(
      AZURE_CLIENT_ID === undefined ? {} : { managedIdentityClientId: AZURE_CLIENT_ID },
    );
    return credential;
  };
};
