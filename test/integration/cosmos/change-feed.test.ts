import { type ChangeFeedIteratorOptions, ChangeFeedStartFrom, type Container } from '@azure/cosmos';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

let cosmos: TestCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await startTestCosmos();
});
afterAll(() => cosmos.close());
beforeEach(async () => {
  container = await cosmos.container();
});

const write = (id: string, partition = 'p', n = 0): Promise<unknown> => container.items.upsert({ id, partition, n });

const pull = (options: ChangeFeedIteratorOptions) => container.items.getChangeFeedIterator(options);

/** The ids of everything up to the first "not modified", and the token to go on from. */
const drain = async (
  options: ChangeFeedIteratorOptions,
): Promise<{ ids: string[]; token: string; pageCount: number }> => {
  const iterator = pull(options);
  const ids: string[] = [];
  let pageCount = 0;
  for (;;) {
    const { statusCode, result, continuationToken } = await iterator.readNext();
    if (statusCode === 304) return { ids, token: continuationToken, pageCount };
    ids.push(...result.map(({ id }: { id: string }) => id));
    pageCount += 1;
  }
};

const fromBeginning = { changeFeedStartFrom: ChangeFeedStartFrom.Beginning() };

describe('the change feed, pulled', () => {
  it('gives every item from the beginning, in the order of changes', async () => {
    for (const id of ['a', 'b', 'c']) await write(id);
    expect((await drain(fromBeginning)).ids).toEqual(['a', 'b', 'c']);
  });

  it('goes on after its continuation, and gives only what came since', async () => {
    await write('a');
    const { token } = await drain(fromBeginning);
    await write('b');
    const next = await drain({ changeFeedStartFrom: ChangeFeedStartFrom.Continuation(token) });
    expect(next.ids).toEqual(['b']);
    expect((await drain({ changeFeedStartFrom: ChangeFeedStartFrom.Continuation(next.token) })).ids).toEqual([]);
  });

  it('gives an item that changed twice once, in its last version and at its last place', async () => {
    await write('a', 'p', 1);
    await write('b');
    await write('a', 'p', 2);
    const { result } = await pull(fromBeginning).readNext();
    expect(result.map((item) => [item.id, (item as { n?: number }).n])).toEqual([
      ['b', 0],
      ['a', 2],
    ]);
  });

  it('shows no deletes', async () => {
    await write('a');
    await write('b');
    await container.item('a', 'p').delete();
    expect((await drain(fromBeginning)).ids).toEqual(['b']);
  });

  it('gives the writes of one batch in their order', async () => {
    const operations = ['z', 'y', 'x'].map(
      (id) => ({ operationType: 'Create', resourceBody: { id, partition: 'p' } }) as const,
    );
    await container.items.batch(operations, 'p');
    expect((await drain(fromBeginning)).ids).toEqual(['z', 'y', 'x']);
  });

  it('starts from now: nothing first, then only what comes', async () => {
    await write('before');
    const iterator = pull({ changeFeedStartFrom: ChangeFeedStartFrom.Now() });
    expect((await iterator.readNext()).statusCode).toBe(304);
    await write('after');
    const { result } = await iterator.readNext();
    expect(result.map(({ id }: { id: string }) => id)).toEqual(['after']);
  });

  it('starts from a point in time', async () => {
    await write('a');
    const past = { changeFeedStartFrom: ChangeFeedStartFrom.Time(new Date(Date.now() - 60_000)) };
    const future = { changeFeedStartFrom: ChangeFeedStartFrom.Time(new Date(Date.now() + 60_000)) };
    expect((await drain(past)).ids).toEqual(['a']);
    expect((await drain(future)).ids).toEqual([]);
  });

  it('comes in pages of the size asked for', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await write(id);
    const { ids, pageCount } = await drain({ ...fromBeginning, maxItemCount: 2 });
    expect([ids, pageCount]).toEqual([['a', 'b', 'c', 'd', 'e'], 3]);
  });

  it('of one partition key gives only that partition', async () => {
    await write('a', 'p');
    await write('b', 'q');
    await write('c', 'p');
    expect((await drain({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning('p') })).ids).toEqual(['a', 'c']);
  });

  it('of the feed ranges of the container gives everything', async () => {
    await write('a', 'p');
    await write('b', 'q');
    const ranges = await container.getFeedRanges();
    expect(ranges).toHaveLength(1);
    const found = await Promise.all(
      ranges.map((range) => drain({ changeFeedStartFrom: ChangeFeedStartFrom.Beginning(range) })),
    );
    expect(found.flatMap(({ ids }) => ids)).toEqual(['a', 'b']);
  });

  it('refuses all versions and deletes, which need continuous backup', async () => {
    const iterator = pull({
      changeFeedStartFrom: ChangeFeedStartFrom.Now(),
      changeFeedMode: 'Full-Fidelity Feed' as never,
    });
    await expect(iterator.readNext()).rejects.toMatchObject({ code: 400 });
  });
});

describe('the change feed iterator', () => {
  const ids = ({ result }: { result: { id: string }[] }): string[] => result.map(({ id }) => id);

  it('gives a partition from its beginning and then says that there is no more', async () => {
    await write('a');
    await write('b', 'q');
    const feed = container.items.changeFeed<{ id: string }>('p', { startFromBeginning: true });
    expect(ids(await feed.fetchNext())).toEqual(['a']);
    expect((await feed.fetchNext()).statusCode).toBe(304);
    expect(feed.hasMoreResults).toBe(false);
  });

  it('goes on from the tag of a page', async () => {
    await write('a');
    const first = await container.items.changeFeed<{ id: string }>('p', { startFromBeginning: true }).fetchNext();
    await write('b');
    const second = container.items.changeFeed<{ id: string }>('p', { continuation: first.headers['etag'] as string });
    expect(ids(await second.fetchNext())).toEqual(['b']);
  });
});
