import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ChangeFeedStartFrom, type Container } from '@azure/cosmos';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCosmosClient } from '../../../shared/azure/cosmos/create-cosmos-client.ts';
import { type EpochMs, epochMs } from '../../../shared/platform/time.ts';
import { COSMOS_TEST_KEY, startTestCosmos } from '../../support/cosmos.ts';
import { type CosmosProcess, startCosmosProcess } from '../../support/cosmos-process.ts';
import { until } from '../../support/until.ts';

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'cosmos-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const journalPath = (): string => join(dataDir, 'cosmos.jsonl');

describe('a restart', () => {
  it('keeps items, their versions, containers and their settings', async () => {
    const before = await startTestCosmos({ dataDir });
    const container = await before.container({
      defaultTtl: 1000,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/name'] }] },
    });
    await container.items.create({ id: 'a', partition: 'p', name: 'n', text: 'line\u2028separator\nand newline' });
    await container.items.create({ id: 'none', name: 'without partition' });
    await container.items.create({ id: 'gone', partition: 'p' });
    await container.item('gone', 'p').delete();
    const { resource } = await container.item('a', 'p').read();
    await before.close();

    const after = await startTestCosmos({ dataDir });
    const again = await after.container();
    expect((await again.item('a', 'p').read()).resource).toEqual(resource);
    expect((await again.item('none', undefined).read()).resource).toMatchObject({ name: 'without partition' });
    expect((await again.item('gone', 'p').read()).statusCode).toBe(404);
    expect((await again.read()).resource?.defaultTtl).toBe(1000);
    await expect(again.items.create({ id: 'b', partition: 'p', name: 'n' })).rejects.toMatchObject({ code: 409 });
    const accessCondition = { type: 'IfMatch', condition: String(resource?._etag) };
    await expect(again.item('a', 'p').delete({ accessCondition })).resolves.toMatchObject({ statusCode: 204 });
    await after.close();
  });

  it('keeps the position in the change feed, also behind a deleted item', async () => {
    const before = await startTestCosmos({ dataDir });
    const container = await before.container();
    await container.items.create({ id: 'a', partition: 'p' });
    await container.items.create({ id: 'gone', partition: 'p' });
    await container.item('gone', 'p').delete();
    const iterator = container.items.getChangeFeedIterator({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning() });
    const { continuationToken } = await iterator.readNext();
    await before.close();

    const after = await startTestCosmos({ dataDir });
    const again = await after.container();
    await again.items.create({ id: 'b', partition: 'p' });
    const resumed = again.items.getChangeFeedIterator({
      changeFeedStartFrom: ChangeFeedStartFrom.Continuation(continuationToken),
    });
    expect((await resumed.readNext()).result.map(({ id }) => id)).toEqual(['b']);
    await after.close();
  });

  it('keeps a continuation token of a query good', async () => {
    const before = await startTestCosmos({ dataDir });
    const container = await before.container();
    for (const partition of ['gone', 'p', 'q', 'r']) await container.items.create({ id: partition, partition });
    await container.item('gone', 'gone').delete();
    const query = 'SELECT VALUE c.id FROM c';
    const { continuationToken = '' } = await container.items.query(query, { maxItemCount: 2 }).fetchNext();
    await before.close();

    const after = await startTestCosmos({ dataDir });
    const again = await after.container();
    expect((await again.items.query(query, { continuationToken }).fetchNext()).resources).toEqual(['r']);
    await after.close();
  });

  it('shrinks the journal to what is alive', async () => {
    const before = await startTestCosmos({ dataDir });
    const container = await before.container();
    for (let index = 0; index < 50; index += 1) await container.items.upsert({ id: 'a', partition: 'p', index });
    const longSize = (await readFile(journalPath())).length;
    await before.close();

    const after = await startTestCosmos({ dataDir });
    expect((await readFile(journalPath())).length).toBeLessThan(longSize / 4);
    expect((await (await after.container()).item('a', 'p').read()).resource).toMatchObject({ index: 49 });
    await after.close();
  });

  it('drops what has expired meanwhile', async () => {
    let now: EpochMs = epochMs(Date.UTC(2026, 0, 31));
    const before = await startTestCosmos({ dataDir, clock: () => now });
    await (await before.container({ defaultTtl: 10 })).items.create({ id: 'a', partition: 'p' });
    await before.close();
    now = epochMs(now + 10_000);
    const after = await startTestCosmos({ dataDir, clock: () => now });
    expect(await readFile(journalPath(), 'utf8')).not.toContain('"id":"a"');
    await after.close();
  });

  it('ignores a last line that was cut short, and goes on behind what was whole', async () => {
    const before = await startTestCosmos({ dataDir });
    await (await before.container()).items.create({ id: 'a', partition: 'p' });
    await before.close();
    await appendFile(journalPath(), '{"kind":"written","database":"test","container":"contai');

    const after = await startTestCosmos({ dataDir });
    const container = await after.container();
    expect((await container.items.readAll().fetchAll()).resources.map(({ id }) => id)).toEqual(['a']);
    await container.items.create({ id: 'b', partition: 'p' });
    await after.close();
    const last = await startTestCosmos({ dataDir });
    expect((await (await last.container()).items.readAll().fetchAll()).resources).toHaveLength(2);
    await last.close();
  });
});

describe('a damaged journal', () => {
  it('stops the start and says where it is, instead of losing what comes after', async () => {
    await appendFile(journalPath(), '{"kind":"database-created"\n');
    await expect(startTestCosmos({ dataDir })).rejects.toThrow(/cosmos\.jsonl before byte 27/);
  });
});

describe('a process', () => {
  const connect = async (running: CosmosProcess): Promise<Container> => {
    const client = createCosmosClient({ endpoint: running.url, key: COSMOS_TEST_KEY });
    const { database } = await client.databases.createIfNotExists({ id: 'd' });
    return (await database.containers.createIfNotExists({ id: 'c', partitionKey: { paths: ['/partition'] } }))
      .container;
  };

  const WRITERS = 16;
  const ACKNOWLEDGED_BEFORE_KILL = 400;

  /** Writes without a pause until the server is gone; single items and batches in turn. */
  const writeUntilDead = async (
    container: Container,
    prefix: string,
    acknowledged: Map<string, string>,
  ): Promise<void> => {
    for (let index = 0; ; index += 1) {
      const id = `${prefix}-${index}`;
      try {
        const { etag } = await container.items.create({ id, partition: prefix });
        acknowledged.set(id, etag);
        const operations = ['x', 'y'].map(
          (part) => ({ operationType: 'Create', resourceBody: { id: `${id}-${part}`, partition: prefix } }) as const,
        );
        const { result } = await container.items.batch(operations, prefix);
        for (const [at, part] of ['x', 'y'].entries()) acknowledged.set(`${id}-${part}`, String(result?.[at]?.eTag));
      } catch {
        return;
      }
    }
  };

  it('that is killed in the midst of writes loses none that it acknowledged, and no half of a batch', async () => {
    const acknowledged = new Map<string, string>();
    for (const round of ['first', 'second', 'third']) {
      const running = await startCosmosProcess(dataDir);
      const container = await connect(running);
      const goal = acknowledged.size + ACKNOWLEDGED_BEFORE_KILL;
      const writers = Array.from({ length: WRITERS }, (_, index) =>
        writeUntilDead(container, `${round}-${index}`, acknowledged),
      );
      await until('enough acknowledged writes', () => acknowledged.size >= goal, { withinMs: 30_000, everyMs: 5 });
      await running.end('SIGKILL');
      await Promise.all(writers);
    }
    const running = await startCosmosProcess(dataDir);
    const container = await connect(running);
    const { resources } = await container.items
      .query<{ id: string; _etag: string }>('SELECT c.id, c._etag FROM c', { maxItemCount: -1 })
      .fetchAll();
    const stored = new Map(resources.map(({ id, _etag }) => [id, _etag]));
    expect([...acknowledged].filter(([id, etag]) => stored.get(id) !== etag)).toEqual([]);
    const halves = [...stored.keys()].filter(
      (id) => id.endsWith('-x') !== stored.has(id.replace(/-x$/, '-y')) && id.endsWith('-x'),
    );
    expect(halves).toEqual([]);
    await running.end('SIGTERM');
  });

  it('ends cleanly on SIGTERM, with code 0', async () => {
    const running = await startCosmosProcess(dataDir);
    const container = await connect(running);
    await container.items.create({ id: 'a', partition: 'p' });
    await expect(running.end('SIGTERM')).resolves.toBe(0);
  });
});
