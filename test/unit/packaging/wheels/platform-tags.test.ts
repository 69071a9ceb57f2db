import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bestWheel } from '../../../../shared/packaging/environment/wheels/platform-tags.ts';

const best = (names: readonly string[], python = '3.11') =>
  bestWheel(
    names.map((fileName) => ({ fileName })),
    python,
  )?.fileName;

/** Each is taken before all that follow, as `pip debug --verbose` lists them for CPython 3.11. */
const ORDER = [
  'cp311-cp311-manylinux_2_28_x86_64',
  'cp311-cp311-manylinux_2_17_x86_64',
  'cp311-cp311-manylinux2014_x86_64',
  'cp311-cp311-manylinux_2_12_x86_64',
  'cp311-cp311-manylinux2010_x86_64',
  'cp311-cp311-manylinux_2_5_x86_64',
  'cp311-cp311-manylinux1_x86_64',
  'cp311-cp311-linux_x86_64',
  'cp311-abi3-manylinux_2_28_x86_64',
  'cp311-abi3-linux_x86_64',
  'cp311-none-manylinux_2_17_x86_64',
  'cp311-none-linux_x86_64',
  'cp310-abi3-manylinux_2_28_x86_64',
  'cp39-abi3-manylinux2014_x86_64',
  'cp32-abi3-linux_x86_64',
  'py311-none-manylinux_2_17_x86_64',
  'py3-none-manylinux2014_x86_64',
  'py3-none-linux_x86_64',
  'py310-none-manylinux_2_17_x86_64',
  'py30-none-linux_x86_64',
  'cp311-none-any',
  'py311-none-any',
  'py3-none-any',
  'py310-none-any',
  'py30-none-any',
].map((tag) => `a-1-${tag}.whl`);

describe('of several wheels that suit', () => {
  it('the one that pip prefers is taken, whatever else is there', () => {
    for (const [index, name] of ORDER.entries()) {
      expect(best(ORDER.slice(index))).toBe(name);
      expect(best(ORDER.slice(index, index + 2).toReversed())).toBe(name);
    }
    fc.assert(
      fc.property(fc.shuffledSubarray(ORDER, { minLength: 1 }), (some) => {
        expect(best(some)).toBe(ORDER.find((name) => some.includes(name)));
      }),
    );
  });

  it.each<[string, readonly string[], string]>([
    [
      'the one with the better of its tags',
      ['a-1-py3-none-any.whl', 'a-1-py2.py311-none-any.whl'],
      'a-1-py2.py311-none-any.whl',
    ],
    [
      'a later build',
      ['a-1-9-py3-none-any.whl', 'a-1-10-py3-none-any.whl', 'a-1-py3-none-any.whl'],
      'a-1-10-py3-none-any.whl',
    ],
    [
      'a better tag before a later build',
      ['a-1-9-py3-none-any.whl', 'a-1-1-py311-none-any.whl'],
      'a-1-1-py311-none-any.whl',
    ],
    [
      'the first by name when nothing else tells',
      ['b-1-py3-none-any.whl', 'a-1-py3-none-any.whl', 'c-1-py3-none-any.whl'],
      'a-1-py3-none-any.whl',
    ],
    ['the wheel, not what is none', ['a-1.tar.gz', 'a-1-py3-none-any.whl', 'a-1.exe'], 'a-1-py3-none-any.whl'],
  ])('%s is taken', (_, names, expected) => {
    expect(best(names)).toBe(expected);
    expect(best(names.toReversed())).toBe(expected);
  });
});

it.each([
  'cp31-abi3-linux_x86_64',
  'cp30-abi3-manylinux1_x86_64',
  'cp310-cp310-manylinux1_x86_64',
  'cp310-none-manylinux1_x86_64',
  'cp310-none-any',
  'py312-none-any',
  'py2-none-any',
  'cp311-cp311-manylinux_2_29_x86_64',
  'cp311-cp311-manylinux_2_4_x86_64',
  'cp311-cp311-any',
])('a wheel for %s is never taken', (tag) => {
  expect(best([`a-1-${tag}.whl`])).toBeUndefined();
});

it.each([
  ['3.9', 'cp39-cp39-manylinux1_x86_64', 'cp310-cp310-manylinux1_x86_64'],
  ['3.13', 'cp313-cp313-manylinux1_x86_64', 'cp311-abi3-manylinux1_x86_64'],
  ['3.13', 'cp312-abi3-manylinux1_x86_64', 'py313-none-any'],
])('for Python %s a wheel for %s is taken before one for %s', (python, first, second) => {
  expect(best([`a-1-${second}.whl`, `a-1-${first}.whl`], python)).toBe(`a-1-${first}.whl`);
});
