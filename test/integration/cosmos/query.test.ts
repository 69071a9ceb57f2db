import type { Container, FeedOptions, JSONValue } from '@azure/cosmos';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCosmos, type TestCosmos } from '../../support/cosmos.ts';

let cosmos: TestCosmos;
let container: Container;
beforeAll(async () => {
  cosmos = await startTestCosmos();
  container = await cosmos.container({
    indexingPolicy: {
      compositeIndexes: [
        [
          { path: '/group', order: 'ascending' },
          { path: '/n', order: 'descending' },
        ],
      ],
    },
  });
  const items = [
    {
      id: 'a',
      partition: 'p',
      group: 'x',
      n: 3,
      name: 'Alpha',
      tags: ['red', 'blue'],
      parts: [{ sku: 's1', count: 2 }],
      at: null,
    },
    {
      id: 'b',
      partition: 'p',
      group: 'y',
      n: 1,
      name: 'beta',
      tags: ['red'],
      parts: [
        { sku: 's2', count: 5 },
        { sku: 's3', count: 1 },
      ],
    },
    { id: 'c', partition: 'p', group: 'x', n: 2, name: 'alphabet', tags: [] },
    { id: 'd', partition: 'q', group: 'y', n: 5, name: 'Delta', tags: ['blue'] },
    { id: 'e', partition: 'q', group: 'x', name: '50% off', order: 7 },
  ];
  for (const item of items) await container.items.create(item);
});
afterAll(() => cosmos.close());

const run = async (query: string, options: FeedOptions = {}): Promise<unknown[]> =>
  (await container.items.query(query, options).fetchAll()).resources;

const parameters = (values: Record<string, JSONValue>): { name: string; value: JSONValue }[] =>
  Object.entries(values).map(([name, value]) => ({ name: `@${name}`, value }));

describe('a query with a partition key', () => {
  it('never sees another partition', async () => {
    expect(await run('SELECT VALUE c.id FROM c', { partitionKey: 'p' })).toEqual(['a', 'b', 'c']);
    expect(await run('SELECT VALUE COUNT(1) FROM c', { partitionKey: 'q' })).toEqual([2]);
    expect(await run("SELECT VALUE c.id FROM c WHERE c.partition = 'q'", { partitionKey: 'p' })).toEqual([]);
  });

  it('never sees another partition when it sorts, groups or pages', async () => {
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c.n', { partitionKey: 'p', maxItemCount: 1 })).toEqual([
      'b',
      'c',
      'a',
    ]);
    expect(await run('SELECT DISTINCT VALUE c["group"] FROM c', { partitionKey: 'p' })).toEqual(['x', 'y']);
  });
});

describe('a query across partitions', () => {
  it('sees all of them', async () => {
    expect(await run('SELECT VALUE c.id FROM c')).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it.each<FeedOptions>([{ forceQueryPlan: true }, { enableQueryControl: true }, { maxDegreeOfParallelism: 4 }])(
    'gives the same through the query plan of the SDK: %j',
    async (options) => {
      expect(await run('SELECT VALUE c.id FROM c ORDER BY c.n DESC', { ...options, maxItemCount: 2 })).toEqual([
        'd',
        'a',
        'c',
        'b',
      ]);
      expect(await run('SELECT VALUE COUNT(1) FROM c', options)).toEqual([5]);
      expect((await run('SELECT DISTINCT VALUE c["group"] FROM c', options)).sort()).toEqual(['x', 'y']);
    },
  );
});

describe('WHERE', () => {
  it.each<[string, string[]]>([
    ['c.n = 3', ['a']],
    ['c.n != 3', ['b', 'c', 'd']],
    ['c.n > 1 AND c.n <= 3', ['a', 'c']],
    ['c.n BETWEEN 2 AND 3', ['a', 'c']],
    ['NOT (c.n > 1)', ['b']],
    ["c.n = 1 OR c.name = 'Delta'", ['b', 'd']],
    ["c.id IN ('a', 'd', 'z')", ['a', 'd']],
    ["STARTSWITH(c.name, 'al')", ['c']],
    ["STARTSWITH(c.name, 'al', true)", ['a', 'c']],
    ["CONTAINS(c.name, 'ET')", []],
    ["CONTAINS(c.name, 'ET', true)", ['b', 'c']],
    ["ENDSWITH(c.name, 'ta')", ['b', 'd']],
    ["ARRAY_CONTAINS(c.tags, 'red')", ['a', 'b']],
    ["ARRAY_CONTAINS(c.parts, {sku: 's3'}, true)", ['b']],
    ["EXISTS(SELECT VALUE t FROM t IN c.tags WHERE t = 'blue')", ['a', 'd']],
    ['EXISTS(SELECT VALUE p FROM p IN c.parts WHERE p.count > 4)', ['b']],
    ['IS_DEFINED(c.at)', ['a']],
    ['c.at = null', ['a']],
    ['IS_NULL(c.n)', []],
    ['ARRAY_LENGTH(c.tags) = 0', ['c']],
    ["c.name LIKE 'al%'", ['c']],
    ["c.name LIKE '%e_ta'", ['d']],
    ["c.name LIKE '50[%] off'", ['e']],
    ["c.name NOT LIKE '%a%'", ['e']],
    ["LOWER(c.name) LIKE 'alpha%' AND c.n > 2", ['a']],
    ["RegexMatch(c.name, '^a', 'i')", ['a', 'c']],
    ['c["order"] = 7', ['e']],
    ['c.tags[0] = "red"', ['a', 'b']],
    ["c.n = '3'", []],
    ['c.name > 5', []],
    ['(c.n ?? 0) = 0', ['e']],
    ['false', []],
  ])('%s keeps %j', async (where, ids) => {
    expect(await run(`SELECT VALUE c.id FROM c WHERE ${where}`)).toEqual(ids);
  });

  it('takes values from parameters, whatever they contain', async () => {
    const query = {
      query: 'SELECT VALUE c.id FROM c WHERE c.name = @name OR ARRAY_CONTAINS(@ids, c.id)',
      parameters: parameters({ name: "' OR 1=1", ids: ['b'] }),
    };
    expect((await container.items.query(query).fetchAll()).resources).toEqual(['b']);
  });
});

describe('SELECT', () => {
  it.each<[string, unknown[]]>([
    ["SELECT c.id, c.n AS number FROM c WHERE c.id = 'a'", [{ id: 'a', number: 3 }]],
    ["SELECT c.missing FROM c WHERE c.id = 'a'", [{}]],
    ["SELECT VALUE c.missing FROM c WHERE c.id = 'a'", []],
    ["SELECT VALUE {id: c.id, list: [c.n, c.missing]} FROM c WHERE c.id = 'a'", [{ id: 'a', list: [3] }]],
    ["SELECT c.n + 1, UPPER(c.name) FROM c WHERE c.id = 'a'", [{ $1: 4, $2: 'ALPHA' }]],
    ['SELECT VALUE p.sku FROM c JOIN p IN c.parts', ['s1', 's2', 's3']],
    [
      "SELECT c.id, t FROM c JOIN t IN c.tags WHERE c.id = 'a'",
      [
        { id: 'a', t: 'red' },
        { id: 'a', t: 'blue' },
      ],
    ],
    ['SELECT VALUE t FROM t IN c.tags', ['red', 'blue', 'red', 'blue']],
    ["SELECT VALUE (SELECT VALUE SUM(p.count) FROM p IN c.parts) FROM c WHERE c.id = 'b'", [6]],
    ["SELECT VALUE ARRAY(SELECT VALUE p.sku FROM p IN c.parts) FROM c WHERE c.id = 'b'", [['s2', 's3']]],
    ['SELECT TOP 2 VALUE c.id FROM c', ['a', 'b']],
    ['SELECT VALUE c.id FROM c OFFSET 1 LIMIT 2', ['b', 'c']],
    ['SELECT VALUE c.id FROM c ORDER BY c.n DESC OFFSET 1 LIMIT 2', ['a', 'c']],
    ['SELECT DISTINCT c["group"] FROM c', [{ group: 'x' }, { group: 'y' }]],
    ["SELECT VALUE c.n > 2 ? 'big' : 'small' FROM c WHERE IS_DEFINED(c.n)", ['big', 'small', 'small', 'big']],
    ['SELECT VALUE 1', [1]],
  ])('%s', async (query, expected) => {
    expect(await run(query)).toEqual(expected);
  });
});

describe('aggregates', () => {
  it.each<[string, unknown[]]>([
    ['SELECT VALUE COUNT(1) FROM c', [5]],
    ['SELECT VALUE COUNT(c.n) FROM c', [4]],
    ['SELECT VALUE SUM(c.n) FROM c', [11]],
    ['SELECT VALUE AVG(c.n) FROM c', [2.75]],
    ['SELECT VALUE MIN(c.n) FROM c', [1]],
    ['SELECT VALUE MAX(c.name) FROM c', ['beta']],
    ['SELECT VALUE COUNT(1) FROM c WHERE c.n > 100', [0]],
    [
      'SELECT c["group"], COUNT(1) AS count, MAX(c.n) AS highest FROM c GROUP BY c["group"]',
      [
        { group: 'x', count: 3, highest: 3 },
        { group: 'y', count: 2, highest: 5 },
      ],
    ],
  ])('%s', async (query, expected) => {
    expect(await run(query)).toEqual(expected);
  });
});

describe('ORDER BY', () => {
  it('sorts by one property and leaves out what does not have it', async () => {
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c.n')).toEqual(['b', 'c', 'a', 'd']);
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c.n DESC')).toEqual(['d', 'a', 'c', 'b']);
  });

  it('sorts by several properties that have a composite index, in its direction or all reversed', async () => {
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c["group"], c.n DESC', { partitionKey: 'p' })).toEqual([
      'a',
      'c',
      'b',
    ]);
    expect(await run('SELECT VALUE c.id FROM c ORDER BY c["group"] DESC, c.n ASC', { partitionKey: 'p' })).toEqual([
      'b',
      'c',
      'a',
    ]);
  });

  it('refuses several properties without a composite index with 400', async () => {
    await expect(run('SELECT * FROM c ORDER BY c.name, c.n')).rejects.toMatchObject({ code: 400 });
    await expect(run('SELECT * FROM c ORDER BY c["group"], c.n')).rejects.toMatchObject({ code: 400 });
  });
});

describe('a query that is none', () => {
  it.each(['SELEKT 1', 'SELECT * FROM', 'SELECT nothing(c.x) FROM c', 'SELECT * FROM c JOIN t IN c.tags'])(
    'is refused with 400: %s',
    async (query) => {
      await expect(run(query)).rejects.toMatchObject({ code: 400 });
    },
  );
});
