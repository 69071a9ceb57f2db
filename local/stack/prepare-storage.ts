import { BlobServiceClient } from '@azure/storage-blob';
import { QueueServiceClient } from '@azure/storage-queue';
import { BLOB_CONTAINERS, poisonQueue, QUEUES } from '../../shared/platform/resources.ts';

/** Creates every blob container and queue that does not exist, as Bicep does in Azure. */
export const prepareStorage = async (connectionString: string): Promise<void> => {
  const blobs = BlobServiceClient.fromConnectionString(connectionString);
  const queues = QueueServiceClient.fromConnectionString(connectionString);
  await Promise.all([
    ...[...BLOB_CONTAINERS, 'workspaceblobstore'].map((name) => blobs.getContainerClient(name).createIfNotExists()),
    ...QUEUES.flatMap((name) => [name, poisonQueue(name)]).map((name) =>
      queues.getQueueClient(name).createIfNotExists(),
    ),
  ]);
};
