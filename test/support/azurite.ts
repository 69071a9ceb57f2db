import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { type Azurite, startAzurite } from '../../local/azurite/start-azurite.ts';
import { BLOB_CONTAINERS, poisonQueue, QUEUES } from '../../shared/platform/resources.ts';

/** Azurite in memory on free ports, with our containers and queues. Start one per test file, and close it after all. */
export const startTestAzurite = async (): Promise<Azurite> => {
  const azurite = await startAzurite();
  const blobs = BlobServiceClient.fromConnectionString(azurite.connectionString);
  const queues = QueueServiceClient.fromConnectionString(azurite.connectionString);
  await Promise.all([
    ...BLOB_CONTAINERS.map((name) => blobs.createContainer(name)),
    ...QUEUES.flatMap((name) => [queues.createQueue(name), queues.createQueue(poisonQueue(name))]),
  ]);
  return azurite;
};
