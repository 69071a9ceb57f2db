import type { Container, FeedOptions } from '@azure/cosmos';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

const COUNT = 25;
let cosmos: TestCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await startTestCosmos();
  container = await cosmos.container();
  for (let index = 0; index < COUNT; index += 1) {
    const id = String(index).padStart(2, '0');
    await container.items.create({
      id,
      partition: index % 3 === 0 ? 'p' : 'q',
      rank: index % 4,
      text: 'x'.repeat(index),
    });
  }
});
afterAll(() => cosmos.close());

/** The pages of a query, each fetched by a new iterator from the token of the page before. */
const pages = async (query: string, options: FeedOptions): Promise<string[][]> => {
  const found: string[][] = [];
  let continuationToken: string | undefined;
  do {
    const resume = continuationToken === undefined ? {} : { continuationToken };
    const page = await container.items.query<string>(query, { ...options, ...resume }).fetchNext();
    found.push(page.resources);
    continuationToken = page.continuationToken;
  } while (continuationToken);
  return found;
};

describe('continuation tokens', () => {
  it('go through a result of any order and page size, each item once', async () => {
    const orders = ['', ' ORDER BY c.rank', ' ORDER BY c.rank DESC', ' ORDER BY c.text', ' OFFSET 3 LIMIT 15'];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...orders), fc.integer({ min: 1, max: 30 }), async (order, maxItemCount) => {
        const query = `SELECT VALUE c.id FROM c${order}`;
        const whole = (await container.items.query<string>(query).fetchAll()).resources;
        const found = await pages(query, { maxItemCount });
        expect(found.flat()).toEqual(whole);
        expect(found.slice(0, -1).every((page) => page.length === maxItemCount)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    'SELECT DISTINCT VALUE c.rank FROM c',
    'SELECT VALUE COUNT(1) FROM c GROUP BY c.rank',
    'SELECT TOP 7 VALUE c.id FROM c',
  ])('go through %s', async (query) => {
    const whole = (await container.items.query(query).fetchAll()).resources;
    expect((await pages(query, { maxItemCount: 3 })).flat()).toEqual(whole);
  });

  it('stay inside their partition', async () => {
    const found = await pages('SELECT VALUE c.id FROM c', { partitionKey: 'p', maxItemCount: 4 });
    expect(found).toEqual([['00', '03', '06', '09'], ['12', '15', '18', '21'], ['24']]);
  });

  it('are absent on the last page, also when it is exactly full', async () => {
    const page = await container.items.query('SELECT * FROM c', { partitionKey: 'p', maxItemCount: 9 }).fetchNext();
    expect(page.resources).toHaveLength(9);
    expect(page.continuationToken).toBeFalsy();
  });

  it('of something else are refused with 400', async () => {
    const query = container.items.query('SELECT * FROM c', { partitionKey: 'p', continuationToken: 'foreign' });
    await expect(query.fetchNext()).rejects.toMatchObject({ code: 400 });
  });

  it('survive a sort value that is too long for a header', async () => {
    const long = await cosmos.container();
    for (const id of ['a', 'b', 'c']) await long.items.create({ id, partition: 'p', text: id + 'y'.repeat(20_000) });
    const options = { partitionKey: 'p', maxItemCount: 2 };
    const first = await long.items.query('SELECT VALUE c.id FROM c ORDER BY c.text', options).fetchNext();
    const resumed = { ...options, continuationToken: first.continuationToken ?? '' };
    const second = await long.items.query('SELECT VALUE c.id FROM c ORDER BY c.text', resumed).fetchNext();
    expect([first.resources, second.resources]).toEqual([['a', 'b'], ['c']]);
  });
});

describe('a page', () => {
  it('ends at 4 MB, and the next goes on', async () => {
    const large = await cosmos.container();
    for (const id of ['a', 'b', 'c', 'd'])
      await large.items.create({ id, partition: 'p', text: 'z'.repeat(1_500_000) });
    const iterator = large.items.query('SELECT * FROM c', { partitionKey: 'p', maxItemCount: -1 });
    const first = await iterator.fetchNext();
    const second = await iterator.fetchNext();
    expect([first.resources.length, second.resources.length]).toEqual([3, 1]);
  });
});
