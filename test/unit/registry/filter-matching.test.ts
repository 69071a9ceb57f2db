import { describe, expect, it } from 'vitest';
import { isLike } from '../../../shared/mlflow/filter/like.ts';
import type { Matched } from '../../../shared/mlflow/filter/matches.ts';
import { parseFilter } from '../../../shared/mlflow/filter/parse-filter.ts';
import { matches } from '../../../shared/registry/matches.ts';
import { MODEL_FILTER, VERSION_FILTER } from '../../../shared/registry/searchable.ts';

const VERSION: Matched = {
  attributes: { name: 'heart', version_number: 3, run_id: 'abc' },
  tags: [
    { key: 'team', value: 'Cardio' },
    { key: 'a.b', value: 'c' },
  ],
};

describe('a version', () => {
  it.each([
    ['', true],
    ["version_number = '3'", true],
    ['version_number = 4', false],
    ['version_number != 4', true],
    ['version_number != 3', false],
    ['version_number < 4', true],
    ['version_number < 3', false],
    ['version_number <= 3', true],
    ['version_number <= 2', false],
    ['version_number > 2', true],
    ['version_number > 3', false],
    ['version_number >= 3', true],
    ['version_number >= 4', false],
    ["version_number = ' 3 '", true],
    ["version_number < '12'", true],
    ["run_id IN ('x', 'abc')", true],
    ["run_id IN ('x', 'y')", false],
    ["run_id = 'abc'", true],
    ["source_path = 'abc'", false],
    ["source_path != 'abc'", false],
    ["tags.team = 'Cardio'", true],
    ["tags.team != 'Cardio'", false],
    ["tags.team LIKE 'cardio'", false],
    ["tags.team ILIKE 'cARD%'", true],
    ["tags.team ILIKE 'lung'", false],
    ["tags.a.b = 'c'", true],
    ["tags.other != 'c'", false],
    ["name = 'heart' AND version_number = 3", true],
    ["name = 'heart' AND version_number = 4", false],
    ["name = 'lung' AND version_number = 3", false],
  ])('is found by %s: %s', (filter, expected) => {
    expect(matches(parseFilter(filter, VERSION_FILTER), VERSION)).toBe(expected);
  });

  it.each([
    ["version_number = 'x3'", "Expected a number for 'version_number'"],
    ["version_number = '3x'", "Expected a number for 'version_number'"],
    ["version_number = ''", "Expected a number for 'version_number'"],
    ['version_number = (3)', "Expected a number for 'version_number'"],
    ['run_id IN (5)', "Expected a quoted string value for 'run_id'"],
    ["run_id IN ('a' 'b')", 'Invalid clause(s) in filter string'],
    ["run_id IN (('a'))", 'Invalid clause(s) in filter string'],
    ["name = word AND run_id = 'a'", "Expected a quoted string value for 'name'"],
    ["'a' = name", 'Invalid clause(s) in filter string'],
    ["name 'a' 'b'", 'Invalid clause(s) in filter string'],
    ["run_id IN () AND name = 'a'", 'Expected a non-empty list'],
    ["run_id IN ('a' AND 'b')", 'Invalid clause(s) in filter string'],
    [".name = 'a'", "Invalid entity type ''"],
    ["run_id IN ('a',)", 'Invalid clause(s) in filter string'],
    ["run_id IN ('a'", 'Invalid clause(s) in filter string'],
    ["run_id IN )'a')", 'Invalid clause(s) in filter string'],
    ["run_id NOT = 'a'", 'Invalid clause(s) in filter string'],
    ["nothing = 'a'", "Valid keys are 'name', 'version_number', 'run_id', 'source_path'"],
  ])('cannot be asked for by %s', (filter, message) => {
    expect(() => parseFilter(filter, VERSION_FILTER)).toThrow(message);
  });
});

describe('spelling', () => {
  it.each([
    "attributes.name = 'a'",
    "ATTRIBUTE.name = 'a'",
    'name = "a"',
    "attribute.`name` = 'a'",
    'attribute."name" = \'a\'',
    "  name  =  'a'  and  ",
    "name\t=\n'a'",
  ])('%s is a clause about the name', (filter) => {
    expect(parseFilter(filter, MODEL_FILTER)).toEqual([
      { kind: 'attribute', key: 'name', comparator: '=', value: 'a' },
    ]);
  });

  it.each(["TAGS.x ilike 'a'", "tag.x ILIKE 'a'", "tags.`x` iLike 'a'"])('%s is a clause about a tag', (filter) => {
    expect(parseFilter(filter, MODEL_FILTER)).toEqual([{ kind: 'tag', key: 'x', comparator: 'ILIKE', value: 'a' }]);
  });
});

describe('a prompt', () => {
  const prompt: Matched = {
    attributes: { name: 'p' },
    tags: [{ key: 'mlflow.prompt.is_prompt', value: 'true' }],
  };
  const model: Matched = { attributes: { name: 'p' }, tags: [] };

  it.each([
    ["name = 'p'", false, true],
    ["tags.`mlflow.prompt.is_prompt` = 'true'", true, false],
    ["tags.`mlflow.prompt.is_prompt` != 'true'", false, true],
    ["tags.`mlflow.prompt.is_prompt` = 'false'", false, true],
    ["tags.`mlflow.prompt.is_prompt` = 'true' AND name = 'q'", false, false],
    ["tags.`mlflow.prompt.is_prompt` = 'true' AND name = 'p'", true, false],
  ])('is found by %s: %s; a model: %s', (filter, forPrompt, forModel) => {
    const clauses = parseFilter(filter, MODEL_FILTER);

    expect([matches(clauses, prompt), matches(clauses, model)]).toEqual([forPrompt, forModel]);
  });
});

describe('LIKE at the edges', () => {
  it.each([
    ['', '_', false],
    ['a', '', false],
    ['ab', 'a', false],
    ['a', 'ab', false],
    ['a', 'a%%', true],
    ['a', '%%a', true],
    ['abab', '%ab', true],
    ['aab', '%ab', true],
    ['abc', '%b', false],
    ['abc', 'a%b', false],
    ['%', 'a', false],
  ])('%j has %j: %s', (text, pattern, expected) => {
    expect(isLike(text, pattern)).toBe(expected);
  });
});
