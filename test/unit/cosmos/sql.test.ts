import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../local/cosmos/json.ts';
import { parseQuery } from '../../../local/cosmos/sql/parse-query.ts';
import { rewriteLike } from '../../../local/cosmos/sql/rewrite-like.ts';
import { runQuery } from '../../../local/cosmos/sql/run-query.ts';
import { join, tokenize } from '../../../local/cosmos/sql/tokens.ts';

const run = async (sql: string, bodies: readonly JsonObject[]): Promise<unknown[]> => {
  const documents = bodies.map((body, ordinal) => ({ body, partition: 1, ordinal }));
  const page = await runQuery({
    query: parseQuery(sql),
    parameters: new Map(),
    documents,
    maxItems: 1000,
    maxBytes: 1e6,
  });
  return page.items.map((item) => JSON.parse(item) as unknown);
};

describe('SQL text', () => {
  it.each([
    `SELECT c.a, 'it\\'s' FROM c -- rest\nWHERE c["x y"] >= 1.5e3 AND @p != "q" || c.ünï`,
    '',
    "SELECT VALUE [1,2] ?? {a: 'OFFSET 1 LIMIT 2'}",
  ])('is the same after taking it apart and joining it: %j', (sql) => {
    expect(join(tokenize(sql))).toBe(sql);
  });

  it.each([
    ["c.a LIKE 'x%'", "(__LIKE(c.a,'x%'))"],
    ['c.a NOT LIKE @p AND c.b = 1', '(NOT __LIKE(c.a,@p)) AND c.b = 1'],
    ["(LOWER(c.a) LIKE 'x') OR c['b'] LIKE 'y'", "((__LIKE(LOWER(c.a),'x'))) OR (__LIKE(c['b'],'y'))"],
    ['c.like = 1', 'c.like = 1'],
    ["c.a = 'b LIKE c'", "c.a = 'b LIKE c'"],
  ])('with LIKE, %s, becomes %s', (sql, expected) => {
    expect(join(rewriteLike(tokenize(sql)))).toBe(expected);
  });
});

describe('a query', () => {
  it('takes clause words inside text and as quoted properties for what they are', async () => {
    const bodies = [{ id: 'a', text: 'OFFSET 1 LIMIT 2 GROUP BY DISTINCT', offset: 1, group: 'g' }];
    expect(
      await run(
        `SELECT VALUE c.id FROM c WHERE c.text = 'OFFSET 1 LIMIT 2 GROUP BY DISTINCT' AND c.offset = 1 AND c["group"] = 'g'`,
        bodies,
      ),
    ).toEqual(['a']);
  });

  it('sorts types in the order of the service', async () => {
    const values = ['b', 2, true, null, 'a', [1], { x: 1 }, false, 1];
    const bodies = values.map((v, index) => ({ id: String(index), v }));
    expect(await run('SELECT VALUE c.v FROM c ORDER BY c.v', bodies)).toEqual([
      null,
      false,
      true,
      1,
      2,
      'a',
      'b',
      [1],
      { x: 1 },
    ]);
  });

  it('compares a property that is missing with nothing', async () => {
    const bodies = [{ id: 'a' }, { id: 'b', v: 1 }];
    expect(await run('SELECT VALUE c.id FROM c WHERE c.v != 2', bodies)).toEqual(['b']);
    expect(await run('SELECT VALUE c.id FROM c WHERE NOT (c.v = 2)', bodies)).toEqual(['b']);
    expect(await run('SELECT VALUE c.id FROM c WHERE c.v = 2 OR true', bodies)).toEqual(['a', 'b']);
  });

  it('treats inherited property names as missing', async () => {
    expect(
      await run('SELECT VALUE c.id FROM c WHERE IS_DEFINED(c.constructor) OR IS_DEFINED(c.__proto__)', [{ id: 'a' }]),
    ).toEqual([]);
  });

  it('counts equal objects once under DISTINCT, whatever the order of their properties', async () => {
    const bodies = [
      { id: 'a', v: { x: 1, y: 2 } },
      { id: 'b', v: { y: 2, x: 1 } },
    ];
    expect(await run('SELECT DISTINCT VALUE c.v FROM c', bodies)).toEqual([{ x: 1, y: 2 }]);
  });

  it('takes time in proportion to its documents, not to their square', async () => {
    const documents = Array.from({ length: 50_000 }, (_, index) => ({ id: String(index), n: index % 10 }));
    expect(await run('SELECT VALUE COUNT(1) FROM c WHERE c.n = 3', documents)).toEqual([5000]);
  });
});
