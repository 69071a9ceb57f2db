import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type EpochMs, epochMs } from '../../../shared/platform/time.ts';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

const START = Date.UTC(2026, 0, 31, 12);
let now: EpochMs;
let cosmos: TestCosmos;
beforeAll(async () => {
  cosmos = await startTestCosmos({ clock: () => now });
});
afterAll(() => cosmos.close());
beforeEach(() => {
  now = epochMs(START);
});

const pass = (seconds: number): void => {
  now = epochMs(now + seconds * 1000);
};

describe('a unique key', () => {
  let container: Container;
  beforeEach(async () => {
    container = await cosmos.container({ uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/name', '/address/city'] }] } });
    await container.items.create({ id: 'a', partition: 'p', name: 'n', address: { city: 'c' } });
  });

  it('refuses a second item with the same values in the partition with 409', async () => {
    const twin = { id: 'b', partition: 'p', name: 'n', address: { city: 'c' } };
    await expect(container.items.create(twin)).rejects.toMatchObject({ code: 409 });
    await expect(container.items.upsert(twin)).rejects.toMatchObject({ code: 409 });
  });

  it('is of one partition: another may have the same values', async () => {
    const other = { id: 'b', partition: 'q', name: 'n', address: { city: 'c' } };
    await expect(container.items.create(other)).resolves.toMatchObject({ statusCode: 201 });
  });

  it('lets an item be replaced under its own values, and frees values that it gives up', async () => {
    await container.item('a', 'p').replace({ id: 'a', partition: 'p', name: 'n', address: { city: 'c' }, n: 2 });
    await container.item('a', 'p').replace({ id: 'a', partition: 'p', name: 'other', address: { city: 'c' } });
    const next = { id: 'b', partition: 'p', name: 'n', address: { city: 'c' } };
    await expect(container.items.create(next)).resolves.toMatchObject({ statusCode: 201 });
  });

  it('frees the values of a deleted item', async () => {
    await container.item('a', 'p').delete();
    const next = { id: 'b', partition: 'p', name: 'n', address: { city: 'c' } };
    await expect(container.items.create(next)).resolves.toMatchObject({ statusCode: 201 });
  });

  it('counts a missing value as one value', async () => {
    await container.items.create({ id: 'b', partition: 'p', name: 'n' });
    await expect(container.items.create({ id: 'c', partition: 'p', name: 'n' })).rejects.toMatchObject({ code: 409 });
  });
});

describe('time to live', () => {
  const isThere = async (container: Container, id: string): Promise<boolean> =>
    (await container.item(id, 'p').read()).statusCode === 200;

  it('ends an item at the default of its container, to the second', async () => {
    const container = await cosmos.container({ defaultTtl: 60 });
    await container.items.create({ id: 'a', partition: 'p' });
    pass(59);
    expect(await isThere(container, 'a')).toBe(true);
    pass(1);
    expect(await isThere(container, 'a')).toBe(false);
  });

  it('of an item overrides the default, and -1 is for ever', async () => {
    const container = await cosmos.container({ defaultTtl: 60 });
    await container.items.create({ id: 'short', partition: 'p', ttl: 10 });
    await container.items.create({ id: 'long', partition: 'p', ttl: -1 });
    pass(10);
    expect(await isThere(container, 'short')).toBe(false);
    pass(1_000_000);
    expect(await isThere(container, 'long')).toBe(true);
  });

  it('of an item counts where the container only turns expiry on', async () => {
    const container = await cosmos.container({ defaultTtl: -1 });
    await container.items.create({ id: 'a', partition: 'p', ttl: 10 });
    await container.items.create({ id: 'b', partition: 'p' });
    pass(10);
    expect(await isThere(container, 'a')).toBe(false);
    expect(await isThere(container, 'b')).toBe(true);
  });

  it('of an item is nothing where the container has no expiry', async () => {
    const container = await cosmos.container();
    await container.items.create({ id: 'a', partition: 'p', ttl: 10 });
    pass(1000);
    expect(await isThere(container, 'a')).toBe(true);
  });

  it('starts again with every write', async () => {
    const container = await cosmos.container({ defaultTtl: 60 });
    await container.items.create({ id: 'a', partition: 'p' });
    pass(50);
    await container.items.upsert({ id: 'a', partition: 'p' });
    pass(50);
    expect(await isThere(container, 'a')).toBe(true);
  });

  it('hides an expired item from queries and the change feed, and lets its id and unique keys be used again', async () => {
    const container = await cosmos.container({
      defaultTtl: 60,
      uniqueKeyPolicy: { uniqueKeys: [{ paths: ['/name'] }] },
    });
    await container.items.create({ id: 'a', partition: 'p', name: 'n' });
    pass(60);
    expect((await container.items.query('SELECT * FROM c', { partitionKey: 'p' }).fetchAll()).resources).toEqual([]);
    const feed = container.items.changeFeed('p', { startFromBeginning: true });
    expect((await feed.fetchNext()).result).toEqual([]);
    await expect(container.items.create({ id: 'b', partition: 'p', name: 'n' })).resolves.toMatchObject({
      statusCode: 201,
    });
    await expect(container.items.create({ id: 'a', partition: 'p', name: 'm' })).resolves.toMatchObject({
      statusCode: 201,
    });
  });
});

describe('a hierarchical partition key', () => {
  let container: Container;
  beforeEach(async () => {
    container = await cosmos.container({
      partitionKey: { paths: ['/tenant', '/user', '/session'], kind: 'MultiHash', version: 2 } as never,
    });
    for (const [tenant, user, session] of [
      ['t1', 'u1', 's1'],
      ['t1', 'u1', 's2'],
      ['t1', 'u2', 's1'],
      ['t2', 'u1', 's1'],
    ]) {
      await container.items.create({ id: `${tenant}-${user}-${session}`, tenant, user, session });
    }
  });

  const under = async (partitionKey: string[]): Promise<string[]> =>
    (await container.items.query<string>('SELECT VALUE c.id FROM c', { partitionKey }).fetchAll()).resources.sort();

  it('reads an item under its whole key, and not under another', async () => {
    await expect(container.item('t1-u1-s1', ['t1', 'u1', 's1']).read()).resolves.toMatchObject({ statusCode: 200 });
    await expect(container.item('t1-u1-s1', ['t1', 'u2', 's1']).read()).resolves.toMatchObject({ statusCode: 404 });
  });

  it.each([
    [['t1'], ['t1-u1-s1', 't1-u1-s2', 't1-u2-s1']],
    [
      ['t1', 'u1'],
      ['t1-u1-s1', 't1-u1-s2'],
    ],
    [['t1', 'u1', 's2'], ['t1-u1-s2']],
    [['t3'], []],
  ])('queries what is under %j', async (partitionKey, ids) => {
    expect(await under(partitionKey)).toEqual(ids);
  });

  it('holds a batch to one whole key', async () => {
    const body = { id: 'x', tenant: 't1', user: 'u1', session: 's1' };
    const { code } = await container.items.batch([{ operationType: 'Create', resourceBody: body }], ['t1', 'u1', 's1']);
    expect(code).toBe(200);
    const prefix = container.items.batch(
      [{ operationType: 'Create', resourceBody: { ...body, id: 'y' } }],
      ['t1', 'u1'],
    );
    await expect(prefix).rejects.toMatchObject({ cause: { code: 400 } });
  });

  it('feeds the changes under a prefix', async () => {
    const iterator = container.items.getChangeFeedIterator({
      changeFeedStartFrom: (await import('@azure/cosmos')).ChangeFeedStartFrom.Beginning(['t1', 'u1']),
    });
    const { result } = await iterator.readNext();
    expect(result.map(({ id }: { id: string }) => id)).toEqual(['t1-u1-s1', 't1-u1-s2']);
  });
});
