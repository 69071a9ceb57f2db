import { describe, expect, it } from 'vitest';
import { decodePageToken, encodePageToken } from '../../../shared/azure/cosmos/page-token.ts';
import { toSql } from '../../../shared/azure/cosmos/query-sql.ts';

describe('a query in SQL', () => {
  it('has every value as a parameter and every property in brackets', () => {
    const spec = toSql({
      kind: 'rollout',
      where: [
        { path: 'state', op: 'in', value: ['a', 'b'] },
        { path: 'order', op: '>=', value: 3 },
        { path: 'name', op: 'startsWith', value: "x'" },
      ],
      orderBy: { path: 'createdAt', direction: 'desc' },
      limit: 10,
    });
    expect(spec.query).toBe(
      'SELECT * FROM c WHERE c["kind"] = @p0 AND c["state"] IN (@p1, @p2) AND c["order"] >= @p3 AND STARTSWITH(c["name"], @p4) ORDER BY c["createdAt"] DESC',
    );
    expect(spec.parameters?.map(({ value }) => value)).toEqual(['rollout', 'a', 'b', 3, "x'"]);
  });

  it('steps into objects at dots', () => {
    const { query } = toSql({ kind: 'k', where: [{ path: 'wakeUp.at', op: '<', value: 1 }], limit: 1 });
    expect(query).toBe('SELECT * FROM c WHERE c["kind"] = @p0 AND c["wakeUp"]["at"] < @p1');
  });

  it('with an empty list matches nothing', () => {
    const { query } = toSql({ kind: 'k', where: [{ path: 'a', op: 'in', value: [] }], limit: 1 });
    expect(query).toBe('SELECT * FROM c WHERE c["kind"] = @p0 AND false');
  });

  it.each(['', '1a', 'a.', '.a', 'a..b', 'a.1', 'a"]', 'a b', 'ä'])(
    'refuses the property %j, in a condition and in the order',
    (path) => {
      const refused = expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' });
      expect(() => toSql({ kind: 'k', where: [{ path, op: '=', value: 1 }], limit: 1 })).toThrow(refused);
      expect(() => toSql({ kind: 'k', orderBy: { path, direction: 'asc' }, limit: 1 })).toThrow(refused);
    },
  );
});

describe('a page token', () => {
  const spec = { query: 'SELECT 1', parameters: [] };

  it('carries the token of the service through a URL', () => {
    const token = encodePageToken('p', spec, '{"token":"+RID:~ü/=="}');
    expect(token).toMatch(/^[\w-]+$/);
    expect(decodePageToken('p', spec, token)).toBe('{"token":"+RID:~ü/=="}');
  });

  it('is refused for another partition', () => {
    const token = encodePageToken('p', spec, 't');
    const refused = expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE' });
    expect(() => decodePageToken('q', spec, token)).toThrow(refused);
    expect(() => decodePageToken(undefined, spec, token)).toThrow(refused);
  });
});
