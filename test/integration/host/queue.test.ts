import { QueueClient } from '@azure/storage-queue';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../../local/azurite/start-azurite.ts';
import { type HostProcess, startHostProcess } from '../../support/host-process.ts';
import { runsOf } from '../../support/host-seen.ts';
import { until } from '../../support/until.ts';

let azurite: Azurite;
let host: HostProcess;

const settings = () => ({ Jobs: azurite.connectionString, WORK_QUEUE: 'work', YEARLY: '0 0 0 1 1 *' });

beforeAll(async () => {
  azurite = await startAzurite();
  await queue('work').create();
  host = await startHostProcess({ app: 'trigger-app.ts', settings: settings(), flags: ['--queue-lease-ms', '3000'] });
});

afterAll(async () => {
  await host.stop();
  await azurite.close();
});

const queue = (name: string) => new QueueClient(azurite.connectionString, name);

const seenBy = (fn: string) => runsOf(host, fn);

const encoded = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');

const poisoned = async (name: string): Promise<string[]> => {
  const { peekedMessageItems } = await queue(`${name}-poison`).peekMessages({ numberOfMessages: 32 });
  return peekedMessageItems.map(({ messageText }) => messageText);
};

describe('a queue trigger', () => {
  it('hands a message over with its metadata and takes it off the queue', async () => {
    await queue('work').sendMessage(encoded({ name: 'first' }));

    const [entry] = await until('the run', async () => {
      const found = (await seenBy('on-message')).filter(
        ({ message }) => (message as { name?: string })?.name === 'first',
      );
      return found.length > 0 && found;
    });

    expect(entry?.metadata).toMatchObject({ dequeueCount: 1, queueTrigger: { name: 'first' } });
    expect(entry?.metadata).toHaveProperty('id', expect.any(String));
    expect(entry?.metadata).toHaveProperty('insertionTime', expect.any(String));
    await until(
      'the queue to be empty',
      async () => (await queue('work').getProperties()).approximateMessagesCount === 0,
    );
  });

  it('takes text that is no JSON as text', async () => {
    await queue('work').sendMessage(encoded('plain text'));

    await until('the run', async () => (await seenBy('on-message')).some(({ done }) => done === 'plain text'));
  });

  it('gives a failing message maxDequeueCount attempts, visibilityTimeout apart, then moves it', async () => {
    const text = encoded({ name: 'poison', fail: true });
    await queue('work').sendMessage(text);

    await until('the poison queue', async () => (await poisoned('work')).includes(text));

    const runs = (await seenBy('on-message')).filter(
      ({ message }) => (message as { name?: string })?.name === 'poison',
    );
    expect(runs.map(({ metadata }) => metadata?.['dequeueCount'])).toEqual([1, 2]);
  });

  it('moves a message that is not base64 without running', async () => {
    await queue('work').sendMessage('{"not": "base64"}');

    await until('the poison queue', async () => (await poisoned('work')).includes('{"not": "base64"}'));
  });

  it('renews the lease of a message that takes longer than it', async () => {
    await queue('work').sendMessage(encoded({ name: 'long', sleepMs: 5000 }));

    await until('the run to end', async () =>
      (await seenBy('on-message')).some(({ done }) => (done as { name?: string })?.name === 'long'),
    );

    const runs = (await seenBy('on-message')).filter(({ message }) => (message as { name?: string })?.name === 'long');
    expect(runs).toHaveLength(1);
  });

  it('waits for a queue that is made later', async () => {
    await queue('made-later').create();
    await queue('made-later').sendMessage(encoded('late'));

    await until('the run', async () => (await seenBy('late-queue')).some(({ done }) => done === 'late'));
  });

  it('gets a killed host’s message again when the lease is over', async () => {
    const own = await startHostProcess({
      app: 'trigger-app.ts',
      settings: { ...settings(), WORK_QUEUE: 'crash' },
      flags: ['--queue-lease-ms', '2000'],
    });
    await queue('crash').create();
    await queue('crash').sendMessage(encoded({ name: 'cut', sleepMs: 60_000 }));
    await until('the message to be taken', async () =>
      own.logs.some(({ category, message }) => category === 'Function.on-message' && message.startsWith('Executing')),
    );

    expect(await own.stop('SIGKILL')).toBe('SIGKILL');

    const again = await until('the message', async () => {
      const { receivedMessageItems } = await queue('crash').receiveMessages();
      return receivedMessageItems[0];
    });
    expect(again.dequeueCount).toBe(2);
  });
});
