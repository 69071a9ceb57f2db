import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

const OTHER_PARTITIONS = 100;
const DOCUMENTS_PER_PARTITION = 1000;
const BATCH_SIZE = 100;

let cosmos: TestCosmos;
let container: Container;

const fill = async (partition: string, count: number): Promise<void> => {
  for (let start = 0; start < count; start += BATCH_SIZE) {
    const operations = Array.from({ length: BATCH_SIZE }, (_, index) => {
      const n = start + index;
      return {
        operationType: 'Create',
        resourceBody: { id: `${partition}-${n}`, partition, kind: 'thing', n },
      } as const;
    });
    await container.items.batch(operations, partition, { contentResponseOnWriteEnabled: false });
  }
};

beforeAll(async () => {
  cosmos = await startTestCosmos();
  container = await cosmos.container();
  await fill('small', 100);
  for (let index = 0; index < OTHER_PARTITIONS; index += 1) await fill(`other-${index}`, DOCUMENTS_PER_PARTITION);
}, 120_000);
afterAll(() => cosmos.close());

/** What the emulator says it looked at. The SDK has the headers, but keeps them to itself. */
const scanned = (page: object): number =>
  Number((page as { headers: Record<string, string> }).headers['x-emulator-documents-scanned']);

describe('with 100 000 documents in other partitions', () => {
  it('a query of a partition of 100 looks at its 100 documents only', async () => {
    const query = "SELECT * FROM c WHERE c.kind = 'thing' ORDER BY c.n DESC";
    const page = await container.items.query(query, { partitionKey: 'small', maxItemCount: 10 }).fetchNext();
    expect(page.resources.map(({ n }: { n: number }) => n)).toEqual([99, 98, 97, 96, 95, 94, 93, 92, 91, 90]);
    expect(scanned(page)).toBe(100);
  });

  it('a page that needs no order stops when it is full', async () => {
    const page = await container.items.query('SELECT * FROM c', { maxItemCount: 10 }).fetchNext();
    expect(scanned(page)).toBe(11);
  });

  it('a count of everything gives the right number, and a point read gets in between', async () => {
    const order: string[] = [];
    const count = container.items.query<number>('SELECT VALUE COUNT(1) FROM c').fetchAll();
    const counted = count.then(() => order.push('count'));
    const reads = Array.from({ length: 5 }, () =>
      container
        .item('small-1', 'small')
        .read()
        .then(() => order.push('read')),
    );
    await Promise.all([counted, ...reads]);
    expect((await count).resources).toEqual([100_100]);
    expect(order.at(-1)).toBe('count');
  });
});
