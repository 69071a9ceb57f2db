import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ChangeFeedIteratorOptions, ChangeFeedStartFrom, type Container, CosmosClient } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CosmosEmulator, startCosmosEmulator } from '../../../local/cosmos/start-cosmos-emulator.ts';
import { type HostProcess, startHostProcess } from '../../support/host-process.ts';
import { until } from '../../support/until.ts';

const KEY = Buffer.from('a key for tests only').toString('base64');

let emulator: CosmosEmulator;
let client: CosmosClient;
let entries: Container;
let leases: Container;
let folder: string;
let account: string;

beforeAll(async () => {
  account = await mkdtemp(path.join(tmpdir(), 'slipway-cosmos-'));
  emulator = await startCosmosEmulator({ port: 0, key: KEY, dataDir: account });
  client = new CosmosClient({
    endpoint: emulator.url,
    key: KEY,
    connectionPolicy: { enableEndpointDiscovery: false },
  });
});

afterAll(async () => {
  client.dispose();
  await emulator.close();
  await rm(account, { recursive: true, force: true });
});

beforeEach(async () => {
  const { database } = await client.databases.createIfNotExists({ id: 'db' });
  await database.delete();
  await client.databases.create({ id: 'db' });
  entries = await make('entries', '/partition');
  leases = await make('leases', '/id');
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-host-'));
  return () => rm(folder, { recursive: true, force: true });
});

const make = async (id: string, partitionKey: string): Promise<Container> => {
  const { container } = await client.database('db').containers.create({ id, partitionKey: { paths: [partitionKey] } });
  return container;
};

const start = (handlerMs = 0): Promise<HostProcess> =>
  startHostProcess({
    app: 'feed-app.ts',
    settings: {
      Cosmos: `AccountEndpoint=${emulator.url};AccountKey=${KEY};`,
      SEEN_FILE: path.join(folder, 'seen.jsonl'),
      HANDLER_MS: String(handlerMs),
    },
  });

const add = async (...ids: string[]): Promise<void> => {
  for (const id of ids) await entries.items.create({ id, partition: 'p' });
};

interface Seen {
  readonly fn: string;
  readonly begun?: string[];
  readonly done?: string[];
}

const seen = async (): Promise<Seen[]> => {
  const text = await readFile(path.join(folder, 'seen.jsonl'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Seen]));
};

const done = async (fn: string): Promise<string[]> =>
  (await seen()).flatMap((entry) => (entry.fn === fn ? (entry.done ?? []) : []));

const lease = async (id: string) => (await leases.item(id, id).read<{ continuation: string }>()).resource;

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, index) => `${prefix}${index}`);

describe('a change feed trigger', () => {
  it('delivers what was there before only when it starts from the beginning', async () => {
    await add('old');
    const host = await start();
    await until('the place of now', () => lease('now-db.entries'));
    await add('new');
    await until(
      'both functions',
      async () => (await done('from-now')).length > 0 && (await done('from-beginning')).length > 1,
    );
    await host.stop();

    expect(await done('from-now')).toEqual(['new']);
    expect(await done('from-beginning')).toEqual(['old', 'new']);
  });

  it('hands over at most maxItemsPerInvocation, in order', async () => {
    await add(...names('e', 12));
    const host = await start();
    await until('all', async () => (await done('from-beginning')).length === 12);
    await host.stop();

    const batches = (await seen()).flatMap(({ fn, done: ids }) => (fn === 'from-beginning' && ids ? [ids] : []));
    expect(Math.max(...batches.map((batch) => batch.length))).toBe(5);
    expect(batches.flat()).toEqual(names('e', 12));
  });

  it('keeps its place only after the function has succeeded', async () => {
    await add('a');
    const host = await start(700);
    await until('the batch to begin', async () => (await seen()).some(({ fn }) => fn === 'from-beginning'));

    expect(await lease('beginning-db.entries')).toBeUndefined();

    await until('the place', () => lease('beginning-db.entries'));
    expect(await done('from-beginning')).toEqual(['a']);
    await host.stop();
  });

  it('tries a failing batch again until it succeeds, before anything later', async () => {
    await entries.items.create({ id: 'hard', partition: 'p', failTimes: 3 });
    const host = await start();
    await until('the failing batch', async () => (await seen()).length > 0);
    await add('after');
    await until('both', async () => (await done('from-beginning')).includes('after'));
    await host.stop();

    expect(await done('from-beginning')).toEqual(['hard', 'after']);
    expect((await seen()).filter(({ fn, begun }) => fn === 'from-beginning' && begun?.includes('hard'))).toHaveLength(
      4,
    );
  });

  it('without a retry policy passes over a batch that fails, and says so', async () => {
    const host = await start();
    await until('the place of now', () => lease('now-db.entries'));
    await entries.items.create({ id: 'hard', partition: 'p', failTimes: 1 });
    await until('the loss', () => host.logs.some(({ message }) => message.includes("'from-now' failed for good")));
    await add('after');
    await until('the next', async () => (await done('from-now')).includes('after'));
    await host.stop();

    expect(await done('from-now')).toEqual(['after']);
  });

  it('after SIGKILL goes on with the first change that was not acknowledged', async () => {
    const all = names('k', 60);
    await add(...all);
    for (let kill = 0; kill < 4; kill += 1) {
      const before = (await begun()).length;
      const host = await start(40);
      await until('some batches', async () => (await begun()).length >= before + 3);
      await host.stop('SIGKILL');
      const [next] = await unacknowledged();
      const runs = (await begun()).length;
      const heir = await start(40);
      const after = await until('the next batch', async () => (await begun())[runs]);
      await heir.stop('SIGKILL');

      expect(after[0]).toBe(next);
    }
    const host = await start();
    await until('the end', async () => new Set(await done('from-beginning')).size === 60);
    await host.stop();

    expect([...new Set(await done('from-beginning'))]).toEqual(all);
  });

  it('goes on after the account was away', async () => {
    const host = await start();
    await until('the place of now', () => lease('now-db.entries'));
    const { port } = new URL(emulator.url);
    await emulator.close();
    await until('the trouble to be noticed', () => host.logs.some(({ message }) => message.includes('cannot read')));
    emulator = await startCosmosEmulator({ port: Number(port), key: KEY, dataDir: account });
    await add('after');
    await until('the next', async () => (await done('from-now')).includes('after'));

    expect(await host.stop()).toBe(0);
  });
});

const begun = async (): Promise<string[][]> =>
  (await seen()).flatMap(({ fn, begun: ids }) => (fn === 'from-beginning' && ids ? [ids] : []));

/** What lies behind the place in the lease: read with it, as the next host will. */
const unacknowledged = async (): Promise<string[]> => {
  const continuation = (await lease('beginning-db.entries'))?.continuation;
  const iterator = entries.items.getChangeFeedIterator<{ id: string }>({
    changeFeedStartFrom:
      continuation === undefined ? ChangeFeedStartFrom.Beginning() : ChangeFeedStartFrom.Continuation(continuation),
    maxItemCount: 100,
  } as ChangeFeedIteratorOptions);
  return (await iterator.readNext()).result.map(({ id }) => id);
};
