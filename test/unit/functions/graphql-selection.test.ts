import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { project, selectionOf } from '../../../functions/http/mlflow/graphql-selection.ts';

const leaf = (name: string, as = name) => ({ name, as, fields: [] });

describe('the selection of a GraphQL query', () => {
  it.each([
    ['{ a }', [leaf('a')]],
    ['query Q($x: In! = {b: 1}) @on(name: "a } b") { a(x: $x) b }', [leaf('a'), leaf('b')]],
    ['{ mine: a { b, c } }', [{ name: 'a', as: 'mine', fields: [leaf('b'), leaf('c')] }]],
    ['{ a(x: {y: [1]}, z: "\\")") @skip(if: false) { b } }', [{ name: 'a', as: 'a', fields: [leaf('b')] }]],
    ['{}', []],
  ])('of %s', (query, selected) => {
    expect(selectionOf(query)).toEqual(selected);
  });

  it.each([
    '',
    'a',
    '{',
    '{ a',
    '{ a(b }',
    '{ ...All }',
    '{ "a" }',
    '{ a { ',
    '{ a: }',
    '{'.repeat(50),
    '{a'.repeat(50),
  ])('is refused of %s', (query) => {
    expect(() => selectionOf(query)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  it('of any text ends with fields or a refusal', () => {
    const piece = fc.constantFrom('{', '}', '(', ')', 'a', 'b', ':', '@', '"', '...', '$', ' ', '\\');
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 30 }), (pieces) => {
        try {
          expect(selectionOf(pieces.join(''))).toBeInstanceOf(Array);
        } catch (error) {
          expect(error).toMatchObject({ code: 'BAD_REQUEST' });
        }
      }),
    );
  });
});

describe('a projected value', () => {
  const selected = selectionOf(
    '{ run { info { startTime runName endTime __typename } data { metrics { key value step } } } }',
  );

  it('has what was selected, in camel case, integers as text and null for what is missing', () => {
    const wire = {
      run: {
        info: { start_time: 5, run_name: 'a', artifact_uri: 'x' },
        data: { metrics: [{ key: 'loss', value: 1, step: 2 }] },
      },
    };

    expect(project(wire, selected, 'Answer')).toEqual({
      run: {
        info: { startTime: '5', runName: 'a', endTime: null, __typename: 'MlflowInfo' },
        data: { metrics: [{ key: 'loss', value: 1, step: '2' }] },
      },
    });
  });

  it('finds nothing that the value only inherits', () => {
    expect(project({}, selectionOf('{ constructor toString }'), 'Answer')).toEqual({
      constructor: null,
      toString: null,
    });
  });
});
