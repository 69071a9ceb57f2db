import { QueueServiceClient } from '@azure/storage-queue';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { createStorageQueues } from '../../../shared/azure/queue/create-storage-queues.ts';
import type { Queues } from '../../../shared/platform/queues.ts';
import type { QueueName } from '../../../shared/platform/resources.ts';
import { startTestAzurite } from '../../support/azurite.ts';

interface QueuesUnderTest {
  readonly queues: Queues;
  /** Takes the visible messages off, as the host does: base64, then JSON. */
  receive(queue: QueueName): Promise<readonly unknown[]>;
  /** Messages in the queue, hidden ones too. */
  count(queue: QueueName): Promise<number>;
  clear(queue: QueueName): Promise<void>;
}

/** What every `Queues` promises. */
const queuesContract = (name: string, open: () => QueuesUnderTest): void => {
  describe(`Queues: ${name}`, () => {
    const Q = 'build-package';
    beforeEach(() => open().clear(Q));

    it('delivers what was sent, as JSON', async () => {
      const { queues, receive } = open();

      await queues.send(Q, { id: 'pkg_1', text: 'ü', list: [1, null] });

      expect(await receive(Q)).toEqual([{ id: 'pkg_1', text: 'ü', list: [1, null] }]);
    });

    it.each([
      ['one millisecond', 1],
      ['an hour', 3_600_000],
      ['seven days', 7 * 86_400_000],
      ['a month, which becomes seven days', 30 * 86_400_000],
    ])('hides a message for %s', async (_name, visibleAfterMs) => {
      const { queues, receive, count } = open();

      await queues.send(Q, 1, { visibleAfterMs });

      expect(await receive(Q)).toEqual([]);
      expect(await count(Q)).toBe(1);
    });

    it.each([[0], [-5]])('shows a message at once that may be seen in %i ms', async (visibleAfterMs) => {
      const { queues, receive } = open();

      await queues.send(Q, 1, { visibleAfterMs });

      expect(await receive(Q)).toEqual([1]);
    });

    it('takes 48 KB of JSON and refuses a byte more', async () => {
      const { queues, receive } = open();
      const text = 'x'.repeat(48 * 1024 - 2);

      await queues.send(Q, text);

      expect(await receive(Q)).toEqual([text]);
      await expect(queues.send(Q, `${text}x`)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    });

    it('says which queue is missing', async () => {
      const { queues } = open();

      await expect(queues.send('missing' as QueueName, 1)).rejects.toMatchObject({
        code: 'RESOURCE_DOES_NOT_EXIST',
        details: { queue: 'missing' },
      });
    });
  });
};

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startTestAzurite();
});
afterAll(() => azurite.close());

queuesContract('Azure Storage', () => {
  const client = QueueServiceClient.fromConnectionString(azurite.connectionString);
  return {
    queues: createStorageQueues({ connectionString: azurite.connectionString }),
    receive: async (queue) => {
      const { receivedMessageItems } = await client.getQueueClient(queue).receiveMessages({ numberOfMessages: 32 });
      return receivedMessageItems.map(({ messageText }) => JSON.parse(Buffer.from(messageText, 'base64').toString()));
    },
    count: async (queue) => (await client.getQueueClient(queue).getProperties()).approximateMessagesCount ?? 0,
    clear: async (queue) => {
      await client.getQueueClient(queue).clearMessages();
    },
  };
});
