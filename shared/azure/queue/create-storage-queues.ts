import type { TokenCredential } from '@azure/core-auth';
import { QueueServiceClient } from '@azure/storage-queue';
import { SlipwayError } from '../../platform/errors.ts';
import type { Queues } from '../../platform/queues.ts';
import { fromRestError } from '../from-rest-error.ts';

/** Either a connection string, or the queue service's URL with a credential. */
export type StorageQueuesOptions =
  | { readonly connectionString: string }
  | { readonly endpoint: string; readonly credential: TokenCredential };

/** Base64 of this is the service's 64 KB. */
const MAX_MESSAGE_BYTES = 48 * 1024;

const NEVER_EXPIRES = -1;

const MAX_VISIBILITY_S = 7 * 24 * 60 * 60;

/** The work queues in a storage account. Messages are base64, which is what the Functions queue trigger expects. */
export const createStorageQueues = (options: StorageQueuesOptions): Queues => {
  const service =
    'connectionString' in options
      ? QueueServiceClient.fromConnectionString(options.connectionString)
      : new QueueServiceClient(options.endpoint, options.credential);
  return {
    send: async (queue, message, { visibleAfterMs = 0 } = {}) => {
      const json = Buffer.from(JSON.stringify(message));
      if (json.length > MAX_MESSAGE_BYTES) {
        throw new SlipwayError('PAYLOAD_TOO_LARGE', `a message for queue '${queue}' is larger than 48 KB`, {
          details: { queue, bytes: json.length },
        });
      }
      try {
        await service.getQueueClient(queue).sendMessage(json.toString('base64'), {
          visibilityTimeout: visibilitySeconds(visibleAfterMs),
          // The default of seven days would lose work that waits that long, and must exceed the visibility timeout.
          messageTimeToLive: NEVER_EXPIRES,
        });
      } catch (error) {
        throw fromRestError(error, 'send queue message', { queue });
      }
    },
  };
};

/** Whole seconds, never early; what is longer than the service can hide a message comes after a week. */
const visibilitySeconds = (ms: number): number => Math.min(Math.max(0, Math.ceil(ms / 1000)), MAX_VISIBILITY_S);
