import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvironmentRefused } from '../../../../shared/packaging/environment/environment-refusal.ts';
import { requirementText } from '../../../../shared/packaging/environment/requirement.ts';
import { readRequirements, requirementLines } from '../../../../shared/packaging/environment/requirements-file.ts';

const linesOf = (text: string) => requirementLines(text, 'r.txt').filter(({ text }) => text !== '');
const read = (text: string) => readRequirements(requirementLines(text, 'r.txt'), 'r.txt');

const refusalOf = (text: string) => {
  try {
    return read(text);
  } catch (cause) {
    if (cause instanceof EnvironmentRefused) return cause.refusal;
    throw cause;
  }
};

const NOTHING = { extraIndexUrls: [], pre: false, onlyBinary: [], noBinary: [] };

describe('the lines of a requirements file', () => {
  it.each<[string, string, readonly (readonly [number, string])[]]>([
    [
      'are counted from one',
      'a\n\nb',
      [
        [1, 'a'],
        [3, 'b'],
      ],
    ],
    [
      'lose the spaces around them',
      '  a  \n\t b',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    [
      'are joined behind a backslash',
      'a\\\n==1\nb',
      [
        [1, 'a==1'],
        [3, 'b'],
      ],
    ],
    ['are joined twice', 'a\\\n==\\\n1', [[1, 'a==1']]],
    [
      'may end in a backslash at the end of the file',
      'a\nb\\',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['lose a comment of their own', '# a\n   # b\n#\nc', [[4, 'c']]],
    [
      'lose a comment behind them',
      'a   # why # not\nb\t#',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
    ['keep a # without a space before', 'a @ https://x.example/#egg=a', [[1, 'a @ https://x.example/#egg=a']]],
    [
      'are not continued by a comment',
      '# a\\\nb\n   # c\\\nd',
      [
        [2, 'b'],
        [4, 'd'],
      ],
    ],
    [
      'end their continuation with a comment',
      'a\\\n  # why\n==1',
      [
        [1, 'a'],
        [3, '==1'],
      ],
    ],
    [
      'lose a comment that was continued',
      'a # why\\\nnot\nb',
      [
        [1, 'a'],
        [3, 'b'],
      ],
    ],
    ['lose a byte order mark before them', '\uFEFFa', [[1, 'a']]],
    ['keep one inside', 'a\uFEFFb', [[1, 'a\uFEFFb']]],
    ['end as in Python', 'a\r\nb\rc\vd\fe\x85f\u2028g\u2029h', [...'abcdefgh'].map((name, at) => [at + 1, name])],
    [
      'end a comment as in Python',
      'a # why\u2028b',
      [
        [1, 'a'],
        [2, 'b'],
      ],
    ],
  ])('%s', (_, text, expected) => {
    expect(linesOf(text)).toEqual(expected.map(([line, text]) => ({ where: `r.txt:${line}`, text })));
  });

  it('are read however they are broken by backslashes', () => {
    const name = fc.stringMatching(/^[a-z]{1,8}$/);
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const broken = names.map((one) => [...one].join('\\\n'));
        expect(linesOf(broken.join('\n')).map(({ text }) => text)).toEqual(names);
      }),
      { numRuns: 60 },
    );
  });

  it('may be 2000, and no more', () => {
    expect(read('\n'.repeat(1999)).requirements).toEqual([]);
    expect(refusalOf('\n'.repeat(2000))).toMatchObject({ code: 'requirement-invalid', where: 'r.txt' });
  });

  it('may have 200,000 characters, and no more', () => {
    const text = `${'a'.repeat(4000)}\n`.repeat(50);
    expect(read(text).requirements).toHaveLength(50);
    expect(refusalOf(`${text}b`)).toMatchObject({ code: 'requirement-invalid', where: 'r.txt' });
  });
});

describe('what a requirements file asks for', () => {
  it('is its requirements in their order, and where they stand', () => {
    const { requirements, ...others } = read('b==1\n\na # why');
    expect(requirements.map((one) => [one.where, requirementText(one)])).toEqual([
      ['r.txt:1', 'b==1'],
      ['r.txt:3', 'a'],
    ]);
    expect(others).toStrictEqual({ options: NOTHING, constrained: false, includes: false });
  });

  const A = 'https://a.example/simple';
  const B = 'https://b.example/simple';
  it.each<[string, object]>([
    [`--index-url ${A}`, { indexUrl: A }],
    [`--index-url=${A}`, { indexUrl: A }],
    [`--index-url  =  ${A}`, { indexUrl: A }],
    [`--index-url    ${A}`, { indexUrl: A }],
    [`--index-url "${A}"`, { indexUrl: A }],
    [`--index-url='${A}'`, { indexUrl: A }],
    [`--pypi-url ${A}`, { indexUrl: A }],
    [`-i ${A}`, { indexUrl: A }],
    [`-i   ${A}`, { indexUrl: A }],
    [`-i${A}`, { indexUrl: A }],
    [`-i=${A}`, { indexUrl: A }],
    [`-i = ${A}`, { indexUrl: A }],
    [`-i ${A}//`, { indexUrl: A }],
    ['-i http://a.example/', { indexUrl: 'http://a.example' }],
    [`-i ${A}\n-i ${B}`, { indexUrl: B }],
    [`--extra-index-url ${B}\n--extra-index-url ${A}`, { extraIndexUrls: [B, A] }],
    ['--pre', { pre: true }],
    ['--prefer-binary', {}],
    ['--only-binary numpy', { onlyBinary: ['numpy'] }],
    ['--only-binary stats', { onlyBinary: ['stats'] }],
    ['--only-binary=Zope_x, b,,a', { onlyBinary: ['a', 'b', 'zope-x'] }],
    ['--only-binary b\n--only-binary a,b', { onlyBinary: ['a', 'b'] }],
    ['--only-binary a,:none:,b', { onlyBinary: ['b'] }],
    ['--only-binary a\n--only-binary :none:', {}],
    ['--only-binary :all:', { onlyBinary: [':all:'] }],
    ['--no-binary b,A', { noBinary: ['a', 'b'] }],
    [`--pre --index-url ${A}`, { pre: true, indexUrl: A }],
    [`-i ${A}   --extra-index-url ${B} --pre`, { indexUrl: A, extraIndexUrls: [B], pre: true }],
    ['--only-binary a --no-binary b', { onlyBinary: ['a'], noBinary: ['b'] }],
  ])('by the option %j', (text, options) => {
    expect(read(text)).toStrictEqual({
      requirements: [],
      options: { ...NOTHING, ...options },
      constrained: false,
      includes: false,
    });
  });

  it.each([
    ['-c constraints.txt', { constrained: true, includes: false }],
    ['--constraint=./constraints.txt', { constrained: true, includes: false }],
    ['-r requirements.txt', { constrained: false, includes: true }],
    ['--requirement ./requirements.txt', { constrained: false, includes: true }],
    ['-r requirements.txt -c constraints.txt', { constrained: true, includes: true }],
  ])('by the include %s', (text, expected) => {
    expect(read(text)).toMatchObject({ requirements: [], options: NOTHING, ...expected });
  });

  it.each(['c', 'r'])('is no other file by -%s', (option) => {
    const own = option === 'c' ? 'constraints.txt' : 'requirements.txt';
    for (const path of ['other.txt', `folder/${own}`, `../${own}`, `${own}.bak`, `https://x.example/${own}`, '']) {
      expect(refusalOf(`-${option} ${path}`)).toMatchObject({ code: 'requirements-include', where: 'r.txt:1' });
    }
  });

  it.each([
    ['an option that nobody knows', '--unknown', 'the option --unknown'],
    ['the longer name of a known option', '--pre1', 'the option --pre1'],
    ['an option with a longer value', '-f ./wheels', 'the option -f'],
    ['what is no option at all', '-1', 'the option -1'],
    ['a number before an option', '-1 --pre', 'the option -1'],
    ['an unknown option behind a known one', '--pre --unknown', 'the option --unknown'],
    ['an option of a requirement', 'numpy==1 --hash=sha256:00', 'the option --hash'],
    ['an index that is a path', '-i ./simple', "'./simple'"],
    ['an index by another scheme', '-i ftp://a.example/simple', "'ftp://a.example/simple'"],
    ['an index without a name', '--extra-index-url', "('')"],
  ])('is never %s', (_, text, named) => {
    expect(refusalOf(`\n${text}`)).toMatchObject({
      code: 'unsupported-option',
      where: 'r.txt:2',
      message: expect.stringContaining(named),
    });
  });
});
