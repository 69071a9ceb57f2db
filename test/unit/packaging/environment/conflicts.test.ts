import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refuseConflicts } from '../../../../shared/packaging/environment/conflicts.ts';
import { parseRequirement } from '../../../../shared/packaging/environment/requirement.ts';

const parsed = (file: string, lines: readonly string[]) =>
  lines.map((line, index) => parseRequirement(line, `${file}:${index + 1}`));

const check =
  (requirements: readonly string[], constraints: readonly string[] = []) =>
  () =>
    refuseConflicts(parsed('r', requirements), parsed('c', constraints));

const A = 'x @ https://files.example/x-1-py3-none-any.whl';
const B = 'x @ https://files.example/x-2-py3-none-any.whl';

describe('requirements that no version meets', () => {
  it.each<[string, readonly string[], readonly string[], RegExp]>([
    ['two pins', ['x==1', 'x==2'], [], /x==1 and r:2 for x==2/],
    ['two pins, one of them a constraint', ['x==1'], ['x==2'], /x==1 and c:1 for x==2/],
    ['a pin below a range', ['x>=2', 'x==1'], [], /x==1 and r:1 for x>=2/],
    ['a pin inside one bound of a range and outside the other', ['x==2', 'x>=1,<2'], [], /x==2 and r:2 for x<2,>=1/],
    ['one that contradicts itself', ['x==1,!=1'], [], /x!=1,==1 and r:1 for/],
    ['two local versions', ['x==1+cpu', 'x==1+cu118'], [], /x==1\+cpu and r:2 for x==1\+cu118/],
    ['a local version of another release', ['x==1', 'x==2+cpu'], [], /x==1 and r:2 for x==2\+cpu/],
    ['a local version that is excluded', ['x==1+cpu', 'x!=1'], [], /x==1\+cpu and r:2 for x!=1/],
    ['two URLs', [A, B], [], /^r:1 .* and r:2 for/],
    ['two URLs after others', ['x', A, A, B], [], /^r:2 .* and r:4 for/],
    ['a pin under the same marker', ['x==1; os_name == "nt"', 'x==2; os_name == "nt"'], [], /x==1 and r:2 for x==2/],
  ])('%s are refused with where they are', (_, requirements, constraints, message) => {
    expect(check(requirements, constraints)).toThrow(message);
  });

  it.each<[string, readonly string[], (readonly string[])?]>([
    ['none', []],
    ['ranges alone, which the resolver judges', ['x<1', 'x>=2']],
    ['pins of different packages', ['x==1', 'y==2']],
    ['a pin that is said twice', ['x==1'], ['x==1.0']],
    ['a local version of the pinned one', ['x==1', 'x==1+cpu']],
    ['a local version of a pre-release', ['x==1rc1', 'x==1rc1+cpu']],
    ['a local version pinned by a constraint', ['x==1'], ['x==1+cpu']],
    ['different pins under different markers', ['x==1; os_name == "nt"', 'x==2; os_name == "posix"']],
    ['one URL twice', [A, A]],
    ['a URL beside a range', [A, 'x>=1']],
    ['a pin in all of its ranges', ['x==1.5', 'x>=1,<2', 'x!=1.4', 'x==1.*']],
  ])('%s are left to the resolver', (_, requirements, constraints) => {
    expect(check(requirements, constraints)).not.toThrow();
  });

  it('are refused in whichever order they are written', () => {
    const line = fc.constantFrom('x==1', 'x==1+cpu', 'x==2', 'x>=1', 'x<2', 'x!=1', A, B);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        const refused = (some: readonly string[]): boolean => {
          try {
            check(some)();
            return false;
          } catch {
            return true;
          }
        };
        expect(refused(lines.toReversed())).toBe(refused(lines));
      }),
    );
  });
});
