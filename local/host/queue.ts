import { availableParallelism } from 'node:os';
import { type DequeuedMessageItem, QueueClient, type RestError } from '@azure/storage-queue';
import type { HostFunction } from './indexing.ts';
import type { Listener, ListenerContext } from './listener.ts';
import { describeError } from './log.ts';
import { MessageLease, messageInput, messageMetadata } from './queue-message.ts';
import { pause } from './retry.ts';
import { connectionSetting, MissingSettingError } from './settings.ts';

/** The shortest wait for an empty queue; each further one doubles it up to `maxPollingInterval`. */
const FIRST_DELAY_MS = 100;

/** The loop tries again by itself, and a stopping host must not wait for a service that is away. */
const RETRIES = { maxTries: 2, retryDelayInMs: 100, maxRetryDelayInMs: 200 };

interface Queue {
  readonly context: ListenerContext;
  readonly fn: HostFunction;
  readonly client: QueueClient;
  readonly poison: QueueClient;
}

/**
 * A storage queue trigger: up to `batchSize` + `newBatchThreshold` messages at a time, each hidden by a lease that
 * is renewed while its function runs. What fails `maxDequeueCount` times goes to `<queue>-poison`.
 *
 * @throws MissingSettingError when the connection is not set
 */
export const createQueueListener = (context: ListenerContext, fn: HostFunction): Listener => {
  const name = String(fn.options['queueName']);
  const connection = String(fn.options['connection'] ?? 'AzureWebJobsStorage');
  const connectionString = storageConnection(connection, context);
  const queue: Queue = {
    context,
    fn,
    client: new QueueClient(connectionString, name, { retryOptions: RETRIES }),
    poison: new QueueClient(connectionString, `${name}-poison`, { retryOptions: RETRIES }),
  };
  return { run: (stop) => poll(queue, stop) };
};

const storageConnection = (connection: string, { settings }: ListenerContext): string => {
  const text = connectionSetting(connection, settings);
  if (text !== undefined) return text;
  const identity = connectionSetting(connection, settings, '__queueServiceUri');
  throw new MissingSettingError(
    identity === undefined
      ? `app setting '${connection}' (a storage connection string) is not set`
      : `app setting '${connection}' must be a connection string here: this host does not sign in with an identity`,
  );
};

const poll = async (queue: Queue, stop: AbortSignal): Promise<void> => {
  const { batchSize, maxPollingInterval } = queue.context.queues;
  const threshold = queue.context.queues.newBatchThreshold ?? Math.floor(batchSize / 2) * availableParallelism();
  const running = new Set<Promise<void>>();
  const stopped = new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
  let delayMs = FIRST_DELAY_MS;
  let ailing = false;
  while (!stop.aborted) {
    if (running.size > threshold) {
      await Promise.race([stopped, ...running]);
      continue;
    }
    let messages: readonly DequeuedMessageItem[] = [];
    try {
      messages = await receive(queue);
      ailing = false;
    } catch (error) {
      if (!ailing) warn(queue, 'cannot read the queue, and tries again', error);
      ailing = true;
    }
    for (const message of messages) {
      const work = handle(queue, message).finally(() => running.delete(work));
      running.add(work);
    }
    if (messages.length > 0) delayMs = FIRST_DELAY_MS;
    else {
      await pause(delayMs, stop);
      delayMs = Math.min(delayMs * 2, Math.max(maxPollingInterval, FIRST_DELAY_MS));
    }
  }
  await Promise.all(running);
};

/** None when the queue does not exist: it may be made later. */
const receive = async ({ client, context }: Queue): Promise<readonly DequeuedMessageItem[]> => {
  try {
    const { receivedMessageItems } = await client.receiveMessages({
      numberOfMessages: context.queues.batchSize,
      visibilityTimeout: Math.ceil(context.queueLeaseMs / 1000),
    });
    return receivedMessageItems;
  } catch (error) {
    if ((error as RestError).statusCode === 404) return [];
    throw error;
  }
};

const warn = ({ context, fn }: Queue, what: string, error: unknown): void =>
  context.log('warning', 'Host.Queues', `'${fn.name}' ${what}`, { functionName: fn.name, error: describeError(error) });

/** Never rejects: whatever happens to one message, the lease ends and the message comes again. */
const handle = async (queue: Queue, message: DequeuedMessageItem): Promise<void> => {
  const { client, context } = queue;
  const lease = new MessageLease(client, message, context.queueLeaseMs);
  try {
    await settle(queue, message, lease);
  } catch (error) {
    warn(queue, `could not settle message ${message.messageId}`, error);
  } finally {
    await lease.stop();
  }
};

const settle = async (queue: Queue, message: DequeuedMessageItem, lease: MessageLease): Promise<void> => {
  const { maxDequeueCount, messageEncoding, visibilityTimeout } = queue.context.queues;
  const input = messageInput(message.messageText, messageEncoding);
  if (input === undefined) return toPoison(queue, message, lease, 'is not base64');
  if (message.dequeueCount > maxDequeueCount) return toPoison(queue, message, lease, 'was dequeued too often');
  try {
    await queue.context.invoker.invoke(queue.fn, {
      input,
      triggerMetadata: messageMetadata(message, input),
      reason: `message ${message.messageId}, attempt ${message.dequeueCount}`,
    });
  } catch {
    if (message.dequeueCount >= maxDequeueCount) return toPoison(queue, message, lease, 'failed too often');
    return lease.abandon(visibilityTimeout);
  }
  await lease.complete();
};

const toPoison = async (
  { context, fn, poison }: Queue,
  message: DequeuedMessageItem,
  lease: MessageLease,
  why: string,
) => {
  context.log('error', 'Host.Queues', `message ${message.messageId} ${why}; moved to '${poison.name}'`, {
    functionName: fn.name,
  });
  const send = () => poison.sendMessage(message.messageText, { messageTimeToLive: -1 });
  try {
    await send();
  } catch (error) {
    if ((error as RestError).statusCode !== 404) throw error;
    await poison.createIfNotExists();
    await send();
  }
  await lease.complete();
};
