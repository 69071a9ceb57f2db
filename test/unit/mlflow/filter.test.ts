import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FilterSchema } from '../../../shared/mlflow/filter/clause.ts';
import { isLike } from '../../../shared/mlflow/filter/like.ts';
import { matches as holds, type Matched } from '../../../shared/mlflow/filter/matches.ts';
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
    ['tags.a IS NOT NULL', MODEL_FILTER, 'Invalid clause(s) in filter string'],
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

/** What a filter of runs may compare. */
const RUN_FILTER: FilterSchema = {
  attributes: new Map([
    ['run_name', 'text'],
    ['run_id', 'list'],
    ['start_time', 'number'],
  ]),
  aliases: new Map([
    ['Created', 'start_time'],
    ['Run name', 'run_name'],
  ]),
  entities: ['param', 'metric', 'tag', 'dataset'],
  absence: true,
};

describe('a filter of runs', () => {
  it.each([
    ["params.depth = '3'", { kind: 'param', key: 'depth', comparator: '=', value: '3' }],
    ["parameter.`my depth` like '3%'", { kind: 'param', key: 'my depth', comparator: 'LIKE', value: '3%' }],
    ["Param.a.b != ''", { kind: 'param', key: 'a.b', comparator: '!=', value: '' }],
    ['metrics.loss < 0.5', { kind: 'metric', key: 'loss', comparator: '<', value: 0.5 }],
    ['metric."val/loss" >= -1e-3', { kind: 'metric', key: 'val/loss', comparator: '>=', value: -0.001 }],
    ['metric.loss = .5', { kind: 'metric', key: 'loss', comparator: '=', value: 0.5 }],
    ['metric.loss != +1E+2', { kind: 'metric', key: 'loss', comparator: '!=', value: 100 }],
    ["tags.mlflow.user = 'ada'", { kind: 'tag', key: 'mlflow.user', comparator: '=', value: 'ada' }],
    ["attr.run_name = 'a'", { kind: 'attribute', key: 'run_name', comparator: '=', value: 'a' }],
    ["run.`Run name` ILIKE 'a'", { kind: 'attribute', key: 'run_name', comparator: 'ILIKE', value: 'a' }],
    ['Created > 1767225600000', { kind: 'attribute', key: 'start_time', comparator: '>', value: 1_767_225_600_000 }],
    ["run_id not in ('a', 'B')", { kind: 'attribute', key: 'run_id', comparator: 'NOT IN', value: ['a', 'B'] }],
    ["datasets.name IN ('Iris')", { kind: 'dataset', key: 'name', comparator: 'IN', value: ['Iris'] }],
    ['tags.`my tag` IS NULL', { kind: 'tag', key: 'my tag', comparator: 'IS NULL', value: '' }],
    ['params.depth is not null', { kind: 'param', key: 'depth', comparator: 'IS NOT NULL', value: '' }],
    ["dataset.context = 'train'", { kind: 'dataset', key: 'context', comparator: '=', value: 'train' }],
  ])('reads %s', (filter, expected) => {
    expect(parseFilter(filter, RUN_FILTER)).toEqual([expected]);
  });

  it.each([
    ["metrics.loss = '0.5'", "Expected numeric value type for metric 'loss'."],
    ['metrics.loss = abc', "Expected numeric value type for metric 'loss'."],
    ["metrics.loss LIKE '1'", 'Invalid comparator for metric: LIKE'],
    ['params.depth = 3', "Expected a quoted string value for 'depth'"],
    ["params.depth > '3'", 'Invalid comparator for param: >'],
    ["params.depth IN ('3')", 'Invalid comparator for param: IN'],
    ["datasets.source = 'x'", "Invalid dataset key 'source' specified. Valid keys are 'name', 'digest', 'context'"],
    ["datasets.name > 'x'", 'Invalid comparator for dataset: >'],
    ['run_name IS NULL', 'Invalid comparator for attribute: IS NULL'],
    ['metrics.loss IS NOT NULL', 'Invalid comparator for metric: IS NOT NULL'],
    ['datasets.name IS NULL', 'Invalid comparator for dataset: IS NULL'],
    ["tags.a IS NOT 'b'", 'Invalid clause(s) in filter string'],
    [
      "attribute.user = 'a'",
      "Invalid attribute key 'user' specified. Valid keys are 'run_name', 'run_id', 'start_time'",
    ],
    ["start_time = 'soon'", "Expected a number for 'start_time'."],
    [
      "thing.a = 'b'",
      "Invalid entity type 'thing'. Valid entity types are 'attribute', 'param', 'metric', 'tag' and 'dataset'.",
    ],
  ])('refuses %s', (filter, message) => {
    expect(() => parseFilter(filter, RUN_FILTER)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE', message: expect.stringContaining(message) }),
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

const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, -1e-7, 1e21));
const textClause = (...keys: string[]) =>
  fc.record({ key: fc.constantFrom(...keys), comparator: fc.constantFrom('=', '!=', 'LIKE', 'ilike'), value: word });
const listClause = (...keys: string[]) =>
  fc.record({
    key: fc.constantFrom(...keys),
    comparator: fc.constantFrom('IN', 'not in'),
    value: fc.array(word, { minLength: 1, maxLength: 3 }),
  });
const numberClause = (...keys: string[]) =>
  fc.record({
    key: fc.constantFrom(...keys),
    comparator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
    value: number,
  });
const runClause = fc.oneof(
  textClause('run_name', 'params.x', 'parameters.`y z`', 'tags.x', 'datasets.name', 'dataset.context'),
  listClause('run_id', 'datasets.digest'),
  numberClause('metrics.x', 'metric.`y z`', 'attr.start_time'),
);
const pairsOf = <T>(value: fc.Arbitrary<T>) =>
  fc.uniqueArray(fc.record({ key: fc.constantFrom('x', 'y z', 'other'), value }), { selector: ({ key }) => key });
const run: fc.Arbitrary<Matched> = fc.record({
  attributes: fc.record({ run_name: word, run_id: word, start_time: number }, { requiredKeys: ['run_id'] }),
  tags: pairsOf(word),
  params: pairsOf(word),
  metrics: pairsOf(number),
  datasets: fc.array(fc.record({ name: word, digest: word, context: word }, { requiredKeys: ['name', 'digest'] }), {
    maxLength: 2,
  }),
});

type RunClause = { key: string; comparator: string; value: string | number | string[] };

const naiveActuals = (found: Matched, path: string): readonly (string | number | undefined)[] => {
  const [, prefix = 'run', key = ''] = /^(?:([a-z]+)\.)?`?([^`]+)`?$/.exec(path) ?? [];
  if (prefix === 'attr' || prefix === 'run') return [found.attributes[key]];
  if (prefix.startsWith('dataset')) {
    return (found.datasets ?? []).map((dataset) => (dataset as Record<string, string | undefined>)[key]);
  }
  const pairs = prefix.startsWith('param') ? found.params : prefix.startsWith('tag') ? found.tags : found.metrics;
  return [Object.fromEntries((pairs ?? []).map((pair) => [pair.key, pair.value] as const))[key]];
};

const naiveRun = (found: Matched, { key, comparator, value }: RunClause): boolean =>
  naiveActuals(found, key).some((actual) => {
    if (actual === undefined) return false;
    if (Array.isArray(value)) return value.some((one) => one === actual) !== (comparator === 'not in');
    if (comparator === '=') return actual === value;
    if (comparator === '!=') return actual !== value;
    if (/like/i.test(comparator)) return naiveLike(String(actual), String(value), comparator === 'ilike' ? 'i' : '');
    const difference = Number(actual) - Number(value);
    return (
      (comparator.startsWith('<') ? difference < 0 : difference > 0) || (comparator.endsWith('=') && difference === 0)
    );
  });

const written = (value: RunClause['value']): string =>
  Array.isArray(value)
    ? `(${value.map(written).join(', ')})`
    : typeof value === 'number'
      ? String(value)
      : `'${value}'`;

describe('a filter held against a run', () => {
  it('agrees with a naive evaluation of its clauses', () => {
    fc.assert(
      fc.property(fc.array(runClause, { maxLength: 3 }), run, (clauses, found) => {
        const filter = clauses
          .map(({ key, comparator, value }) => `${key} ${comparator} ${written(value)}`)
          .join(' AND ');
        expect(holds(parseFilter(filter, RUN_FILTER), found)).toBe(clauses.every((one) => naiveRun(found, one)));
      }),
      { numRuns: 3_000 },
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
