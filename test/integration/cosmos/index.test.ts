import type { Container } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

interface Thing {
  readonly id: string;
  readonly partition: string;
  readonly kind: string;
  readonly n: number;
  readonly name?: string;
  readonly tags: readonly { readonly key: string; readonly value: string }[];
}

const PARTITIONS = 40;
const EACH = 100;

let cosmos: TestCosmos;
let container: Container;
const stored = new Map<string, Thing>();

const thing = (index: number, n = index): Thing => ({
  id: `thing-${index}`,
  partition: `p${index % PARTITIONS}`,
  kind: index % 4 === 0 ? 'rare' : 'common',
  n: n % 700,
  ...(index % 5 === 0 ? {} : { name: `name ${(index * 7) % 1_000}` }),
  tags: [
    { key: 'team', value: `team ${index % 30}` },
    { key: 'also', value: `team ${index % 7}` },
  ],
});

const put = async (things: readonly Thing[]): Promise<void> => {
  const operations = things.map((one) => ({ operationType: 'Upsert', resourceBody: { ...one } }) as const);
  await container.items.batch(operations, things[0]?.partition ?? '', { contentResponseOnWriteEnabled: false });
  for (const one of things) stored.set(one.id, one);
};

beforeAll(async () => {
  cosmos = await startTestCosmos();
  container = await cosmos.container();
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    await put(Array.from({ length: EACH }, (_, at) => thing(at * PARTITIONS + partition)));
  }
}, 60_000);
afterAll(() => cosmos.close());

interface Asked {
  readonly where: string;
  readonly holds: (one: Thing) => boolean;
  readonly orderBy?: 'n' | 'name';
  readonly isDescending?: boolean;
  readonly partition?: string;
}

const hasTag = ({ tags }: Thing, key: string, value: string): boolean =>
  tags.some((tag) => tag.key === key && tag.value === value);

const QUERIES: readonly Asked[] = [
  { where: 'c.kind = "common"', holds: ({ kind }) => kind === 'common' },
  { where: 'c.kind = "common"', holds: ({ kind }) => kind === 'common', orderBy: 'n' },
  { where: 'c.kind = "common"', holds: ({ kind }) => kind === 'common', orderBy: 'name', isDescending: true },
  {
    where: 'c["kind"] = "common" AND c.n <= 300',
    holds: ({ kind, n }) => kind === 'common' && n <= 300,
    orderBy: 'n',
    isDescending: true,
  },
  { where: 'c.kind = "common" AND c.n > 300', holds: ({ kind, n }) => kind === 'common' && n > 300, orderBy: 'n' },
  { where: 'c.kind = "common" AND c.n = 12', holds: ({ kind, n }) => kind === 'common' && n === 12, orderBy: 'name' },
  { where: 'c.kind = "common" OR c.n = 12', holds: ({ kind, n }) => kind === 'common' || n === 12, orderBy: 'n' },
  { where: 'c.n IN (1, 2, 3)', holds: ({ n }) => [1, 2, 3].includes(n), orderBy: 'n', isDescending: true },
  { where: 'c.kind IN ("common", "rare")', holds: () => true, orderBy: 'n' },
  {
    where: 'c.kind = "common" AND c.partition = "p1"',
    holds: ({ kind, partition }) => kind === 'common' && partition === 'p1',
    partition: 'p1',
    orderBy: 'n',
  },
  {
    where: 'ARRAY_CONTAINS(c.tags, {"key": "team", "value": "team 3"}, true)',
    holds: (one) => hasTag(one, 'team', 'team 3'),
    orderBy: 'n',
  },
  {
    where: 'NOT ARRAY_CONTAINS(c.tags, {"key": "team", "value": "team 3"}, true)',
    holds: (one) => !hasTag(one, 'team', 'team 3'),
  },
  { where: 'c.kind = "nothing"', holds: () => false, orderBy: 'n' },
];

const ask = async ({ where, orderBy, isDescending, partition }: Asked, maxItemCount: number): Promise<Thing[]> => {
  const order = orderBy === undefined ? '' : ` ORDER BY c.${orderBy} ${isDescending === true ? 'DESC' : 'ASC'}`;
  const options = partition === undefined ? { enableQueryControl: true } : { partitionKey: partition };
  const query = container.items.query<Thing>(`SELECT * FROM c WHERE ${where}${order}`, { ...options, maxItemCount });
  const found: Thing[] = [];
  while (query.hasMoreResults()) found.push(...((await query.fetchNext()).resources ?? []));
  return found;
};

const expectAnswer = async (asked: Asked, maxItemCount: number): Promise<void> => {
  const { holds, orderBy, isDescending } = asked;
  const found = await ask(asked, maxItemCount);
  const expected = [...stored.values()].filter((one) => holds(one) && (orderBy === undefined || orderBy in one));
  expect(found.map(({ id }) => id).toSorted()).toEqual(expected.map(({ id }) => id).toSorted());
  if (orderBy === undefined) return;
  const values = found.map((one) => one[orderBy] ?? '');
  const sorted = values.toSorted((left, right) => (left === right ? 0 : left < right ? -1 : 1));
  expect(values).toEqual(isDescending === true ? sorted.toReversed() : sorted);
};

const scanned = (page: object): number =>
  Number((page as { headers: Record<string, string> }).headers['x-emulator-documents-scanned']);

describe('a query among many documents', () => {
  it.each(QUERIES)('finds what holds, in order and each once: $where', async (asked) => {
    for (const size of [97, 5_000]) await expectAnswer(asked, size);
  });

  it('finds what was changed, made and deleted since it was asked first', async () => {
    const changed = [...stored.values()].filter(({ partition }) => partition === 'p3');
    await put(
      changed.slice(0, 60).map((one, at) => ({ ...one, kind: at % 2 === 0 ? 'rare' : 'common', n: at * 11, tags: [] })),
    );
    await put([thing(40_003, 5), thing(40_043, 650)]);
    for (const { id, partition } of changed.slice(60, 80)) {
      await container.item(id, partition).delete();
      stored.delete(id);
    }
    for (const asked of QUERIES) await expectAnswer(asked, 301);
  });

  it.each([
    ['c.kind = "common" ORDER BY c.n DESC', 11],
    ['c.kind = "common" AND c.n <= 350 ORDER BY c.n DESC', 11],
    ['c.kind = "common" AND c.n = 12 ORDER BY c.name', 20],
    ['ARRAY_CONTAINS(c.tags, {"key": "team", "value": "team 3"}, true) ORDER BY c.n', 700],
  ])('looks at few of them: %s', async (where, most) => {
    const page = await container.items.query(`SELECT * FROM c WHERE ${where}`, { maxItemCount: 10 }).fetchNext();
    expect(scanned(page)).toBeLessThanOrEqual(most);
  });
});
