import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../shared/packaging/image/canonical-json.ts';

describe('canonical JSON', () => {
  it.each([
    [null, 'null'],
    [true, 'true'],
    [1.5, '1.5'],
    ['a "b"', '"a \\"b\\""'],
    [[], '[]'],
    [{}, '{}'],
    [[3, null, 'x', { b: 1, a: [2] }], '[3,null,"x",{"a":[2],"b":1}]'],
    [{ b: 1, a: { d: 4, c: 3 } }, '{"a":{"c":3,"d":4},"b":1}'],
    [{ é: 1, z: 2, Z: 3, '10': 4, '9': 5 }, '{"10":4,"9":5,"Z":3,"z":2,"é":1}'],
    [{ a: undefined, b: null }, '{"b":null}'],
  ])('of %o is %s', (value, expected) => {
    expect(canonicalJson(value)).toBe(expected);
  });
});
