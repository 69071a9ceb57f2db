import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FilterSchema } from '../../../shared/mlflow/filter/clause.ts';
import { isLike } from '../../../shared/mlflow/filter/like.ts';
import { parseFilter } from '../../../shared/mlflow/filter/parse-filter.ts';
import { matches } from '../../../shared/registry/matches.ts';
import { MODEL_FILTER, VERSION_FILTER } from '../../../shared/registry/searchable.ts';

describe('filter', () => {
  it.each([
    ['', []],
    ['  ', []],
    ["name = 'a'", [{ kind: 'attribute', key: 'name', comparator: '=', value: 'a' }]],
    ["attribute.name='a' and", [{ kind: 'attribute', key: 'name', comparator: '=', value: 'a' }]],
    ['name != "it\'s"', [{ kind: 'attribute', key: 'name', comparator: '!=', value: "it's" }]],
    ["name = 'it''s'", [{ kind: 'attribute', key: 'name', comparator: '=', value: "it''s" }]],
    ["`name` like 'a%'", [{ kind: 'attribute', key: 'name', comparator: 'LIKE', value: 'a%' }]],
    ["tags.a.b = 'c'", [{ kind: 'tag', key: 'a.b', comparator: '=', value: 'c' }]],
    ["tag.`my key` ilike 'c'", [{ kind: 'tag', key: 'my key', comparator: 'ILIKE', value: 'c' }]],
    [`tags."my key" = 'AND'`, [{ kind: 'tag', key: 'my key', comparator: '=', value: 'AND' }]],
    ["version_number>'3'", [{ kind: 'attribute', key: 'version_number', comparator: '>', value: 3 }]],
    ['version_number <= -1.5', [{ kind: 'attribute', key: 'version_number', comparator: '<=', value: -1.5 }]],
    ["run_id IN ('a', 'B','c')", [{ kind: 'attribute', key: 'run_id', comparator: 'IN', value: ['a', 'c'] }]],
  ])('reads %s', (filter, expected) => {
    expect(parseFilter(filter, VERSION_FILTER)).toEqual(expected);
  });

  it.each<[string, FilterSchema, string]>([
    ["name = 'a' OR name = 'b'", MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ["NOT name = 'a'", MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ["(name = 'a')", MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ["name = 'a'; name = 'b'", MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ['name IS NULL', MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ["name = 'a' name = 'b'", MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ["AND name = 'a'", MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ["name = 'a", MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ['name =', MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ['name', MODEL_FILTER, 'Invalid clause(s) in filter string'],
    ['name = a', MODEL_FILTER, "Expected a quoted string value for 'name'"],
    ['name = 5', MODEL_FILTER, "Expected a quoted string value for 'name'"],
    ['tags.a = 5', MODEL_FILTER, "Expected a quoted string value for 'a'"],
    ["name > 'a'", MODEL_FILTER, 'Invalid comparator for attribute: >'],
    ["name == 'a'", MODEL_FILTER, 'Invalid comparator for attribute: =='],
    ["name IN ('a')", MODEL_FILTER, 'Invalid comparator for attribute: IN'],
    ["run_id NOT IN ('a')", VERSION_FILTER, 'Invalid comparator for attribute: NOT IN'],
    ['run_id IN ()', VERSION_FILTER, 'Expected a non-empty list'],
    ["run_id IN 'a'", VERSION_FILTER, 'Expected a non-empty list'],
    ["version_number LIKE '1'", VERSION_FILTER, 'Invalid comparator for attribute: LIKE'],
    ["version_number = 'x'", VERSION_FILTER, "Expected a number for 'version_number'"],
    ["tags.a > 'b'", MODEL_FILTER, 'Invalid comparator for tag: >'],
    ["run_id = 'a'", MODEL_FILTER, "Invalid attribute key 'run_id' specified. Valid keys are 'name'"],
    ["constructor = 'a'", MODEL_FILTER, "Invalid attribute key 'constructor' specified."],
    ["metric.a = 'b'", MODEL_FILTER, "Invalid entity type 'metric'."],
  ])('refuses %s', (filter, schema, message) => {
    expect(() => parseFilter(filter, schema)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message) }),
    );
  });

  it('answers any text with clauses or a refusal', () => {
    const pieces = fc.constantFrom(
      'name',
      'tags.',
      '`',
      '"',
      "'",
      ' ',
      '=',
      '!=',
      'LIKE',
      'AND',
      '(',
      ')',
      ',',
      '5',
      'é',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 12 }), (parts) => {
        try {
          parseFilter(parts.join(''), VERSION_FILTER);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
        }
      }),
    );
  });
});

/** What LIKE means, said in the plainest way: as a regular expression. */
const naiveLike = (text: string, pattern: string, flags: string): boolean => {
  const source = [...pattern].map((one) =>
    one === '%' ? '.*' : one === '_' ? '.' : `\\u{${one.codePointAt(0)?.toString(16)}}`,
  );
  return new RegExp(`^${source.join('')}$`, `su${flags}`).test(text);
};

const word = fc.string({ unit: fc.constantFrom('a', 'B', 'b', '%', '_', '.', '心'), maxLength: 6 });
const clause = fc.record({
  key: fc.constantFrom('name', 'tags.x', 'tags.`y z`'),
  comparator: fc.constantFrom('=', '!=', 'LIKE', 'ilike'),
  value: word,
});
const entity = fc.record({
  name: word,
  x: fc.option(word, { nil: undefined }),
  'y z': fc.option(word, { nil: undefined }),
});

const naive = (
  found: { name: string; x: string | undefined; 'y z': string | undefined },
  { key, comparator, value }: { key: string; comparator: string; value: string },
): boolean => {
  const actual = key === 'name' ? found.name : key === 'tags.x' ? found.x : found['y z'];
  if (actual === undefined) return false;
  if (comparator === '=') return actual === value;
  if (comparator === '!=') return actual !== value;
  return naiveLike(actual, value, comparator === 'ilike' ? 'i' : '');
};

describe('a filter held against a model', () => {
  it('agrees with a naive evaluation of its clauses', () => {
    fc.assert(
      fc.property(fc.array(clause, { maxLength: 3 }), entity, (clauses, found) => {
        const filter = clauses.map(({ key, comparator, value }) => `${key} ${comparator} '${value}'`).join(' AND ');
        const tags = (['x', 'y z'] as const).flatMap((key) => {
          const value = found[key];
          return value === undefined ? [] : [{ key, value }];
        });
        expect(matches(parseFilter(filter, MODEL_FILTER), { attributes: { name: found.name }, tags })).toBe(
          clauses.every((one) => naive(found, one)),
        );
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('LIKE', () => {
  it.each([
    ['', '', true],
    ['', '%', true],
    ['abc', 'a%c', true],
    ['abc', 'a_c', true],
    ['abc', 'a_', false],
    ['a😀c', 'a_c', true],
    ['aXbXc', '%X%X%', true],
    ['ab', '%a', false],
  ])('%j has %j: %s', (text, pattern, expected) => {
    expect(isLike(text, pattern)).toBe(expected);
  });

  it('takes no time to speak of for a pattern made to take long', () => {
    expect(isLike('a'.repeat(20_000), `${'%a'.repeat(100)}b`)).toBe(false);
  });
});
