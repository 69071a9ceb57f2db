import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Position, SortKey } from '../../../shared/mlflow/order-by.ts';
import { readPageToken } from '../../../shared/mlflow/page-token.ts';
import { pageFrom, pageOf } from '../../../shared/mlflow/search.ts';

interface Item {
  readonly group: number;
  readonly name: string;
}

const ORDER: readonly SortKey[] = [
  { key: 'group', direction: 'desc' },
  { key: 'name', direction: 'asc' },
];
const positionOf = ({ group, name }: Item): Position => [group, name];

async function* streamed(items: readonly Item[], asked?: (count: number) => void): AsyncGenerator<Item> {
  for (const [at, item] of items.entries()) {
    asked?.(at + 1);
    yield item;
  }
}

const items = fc.uniqueArray(fc.record({ group: fc.nat(3), name: fc.constantFrom(...'abcdefghij') }), {
  selector: ({ group, name }) => `${group}${name}`,
});

describe('pages out of a stream', () => {
  it('are those of the whole list, whether it comes in order or not, and whatever comes twice', async () => {
    await fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 5 }), fc.boolean(), async (all, limit, inOrder) => {
        const given = inOrder ? all.toSorted((left, right) => right.group - left.group) : [...all, ...all.slice(0, 3)];
        let after: Position | undefined;
        for (;;) {
          const paging = { order: ORDER, after, limit, positionOf };
          const page = await pageFrom(streamed(given), paging, inOrder ? 1 : 0);
          expect(page).toEqual(pageOf(all, paging));
          if (page.nextPageToken === undefined) break;
          after = readPageToken(page.nextPageToken, ORDER);
        }
      }),
    );
  });

  it('ask for no more than the page needs when they come in order', async () => {
    const given = Array.from({ length: 1_000 }, (_, at) => ({ group: 1_000 - at, name: 'a' }));
    let count = 0;
    const paging = { order: ORDER, after: undefined, limit: 10, positionOf };
    const page = await pageFrom(
      streamed(given, (asked) => {
        count = asked;
      }),
      paging,
      1,
    );

    expect(page.items).toHaveLength(10);
    expect(count).toBe(12);
  });

  it('are found among very many in any order', async () => {
    const given = Array.from({ length: 20_000 }, (_, at) => ({ group: (at * 7_919) % 20_000, name: 'a' }));
    const page = await pageFrom(streamed(given), { order: ORDER, after: undefined, limit: 3, positionOf });

    expect(page.items.map(({ group }) => group)).toEqual([19_999, 19_998, 19_997]);
  });
});
