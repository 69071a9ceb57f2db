import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvironmentRefused } from '../../../../shared/packaging/environment/environment-refusal.ts';
import { parseRequirement, pinOf, requirementText } from '../../../../shared/packaging/environment/requirement.ts';

const textOf = (line: string): string => requirementText(parseRequirement(line, 'here'));

const codeOf = (line: string): string => {
  try {
    return textOf(line);
  } catch (cause) {
    if (cause instanceof EnvironmentRefused) return cause.refusal.code;
    throw cause;
  }
};

const SHA = '0123456789abcdef0123456789abcdef01234567';
const WHEEL = 'https://files.example/demo_x-1.0-py3-none-any.whl';

describe('a requirement', () => {
  it('is read with its name, extras, versions and marker', () => {
    expect(parseRequirement('Demo_X[B,a,b]>=1,<2 ; os_name=="posix"', 'requirements.txt:3')).toEqual({
      name: 'demo-x',
      extras: ['a', 'b'],
      specifiers: ['<2', '>=1'],
      marker: 'os_name == "posix"',
      where: 'requirements.txt:3',
    });
  });

  it('is read with its URL, and then has no versions', () => {
    expect(parseRequirement(`demo @ ${WHEEL}`, 'here')).toEqual({
      name: 'demo',
      extras: [],
      specifiers: [],
      url: WHEEL,
      where: 'here',
    });
  });

  it.each([
    ['dots in a name', 'backports.zip==1', 'backports-zip==1'],
    ['a name like an archive in the middle', 'demo.whl-tools==1', 'demo-whl-tools==1'],
    ['a wildcard', 'demo==1.2.*,!=1.2.3.*', 'demo!=1.2.3.*,==1.2.*'],
    ['a compatible release', 'demo ~= 1.4.2', 'demo~=1.4.2'],
    ['an epoch', 'demo==1!2.0', 'demo==1!2.0'],
    ['a v before a version', 'demo==v1.0', 'demo==1.0'],
    ['a local version', 'demo==1.0+CPU', 'demo==1.0+cpu'],
    ['a local version of several parts', 'demo==0.4.7+cuda11.cudnn82', 'demo==0.4.7+cuda11.cudnn82'],
    ['a local version with other separators', 'demo==0.4.7+cuda11-cudnn_82', 'demo==0.4.7+cuda11.cudnn.82'],
    ['a comment', 'demo==1 # why', 'demo==1'],
    ['a path inside a marker', 'demo==1; platform_release != "a/b"', 'demo==1; platform_release != "a/b"'],
  ])('may have %s', (_, line, text) => {
    expect(textOf(line)).toBe(text);
  });

  it('may fill a line, and no more', () => {
    expect(textOf('a'.repeat(4096))).toBe('a'.repeat(4096));
    expect(codeOf('a'.repeat(4097))).toBe('requirement-invalid');
  });

  it.each([
    ['nothing', ''],
    ['a comment alone', '# demo'],
    ['an option', '-r other.txt'],
    ['two names', 'demo==1 other'],
    ['two lines', 'demo==1\nother==1'],
    ['a marker without an end', 'demo; os_name =='],
    ['letters of another script', 'démo==1'],
    ['a word as version', 'demo===latest'],
    ['a wildcard in a range', 'demo<=2.*'],
    ['an archive without a name', 'https://files.example/demo.zip'],
    ['two names before a URL', `demo other @ ${WHEEL} ; os_name=="a"`],
    ['a URL with a marker that is none', `demo @ ${WHEEL} ; nonsense`],
    ['a URL with an empty marker', `demo @ ${WHEEL} ;`],
    ['a URL with more behind it', `${WHEEL} other`],
    ['a scheme that is not fetched', 'demo @ ftp://files.example/demo.whl'],
    ['a scheme that ends like one of version control', `demo @ legit+https://files.example/demo@${SHA}`],
    ['a URL without a host', 'demo @ https://'],
  ])('is not %s', (_, line) => {
    expect(codeOf(line)).toBe('requirement-invalid');
  });

  it.each([
    'C:\\wheels\\demo',
    'c:/wheels/demo',
    '~/demo',
    '/demo',
    './demo',
    '../demo',
    'file:demo',
    'FILE:///demo',
    'demo.tar.gz',
    'Demo.WHL',
    './demo-https://x',
    'demo @ file:///demo',
    'demo @ git+file:///demo',
  ])('is not the path %s', (line) => {
    expect(codeOf(line)).toBe('local-path');
  });
});

describe('a requirement by URL', () => {
  it.each([
    ['a name', `demo @ ${WHEEL}`, `demo @ ${WHEEL}`],
    ['a name without spaces', `demo@${WHEEL}`, `demo @ ${WHEEL}`],
    ['an extra', `demo[ab]@${WHEEL}`, `demo[ab] @ ${WHEEL}`],
    ['extras and spaces', `demo  [cd, ab]  @  ${WHEEL}`, `demo[ab,cd] @ ${WHEEL}`],
    ['a marker', `demo @ ${WHEEL} ; os_name=="a"`, `demo @ ${WHEEL} ; os_name == "a"`],
    ['a marker without spaces before', `demo@${WHEEL}  ;os_name=="a"`, `demo @ ${WHEEL} ; os_name == "a"`],
    ['a marker with an @', `demo; os_name == "@a ;b"`, 'demo; os_name == "@a ;b"'],
    ['the name in its wheel', WHEEL, `demo-x @ ${WHEEL}`],
    ['the name in its wheel and a hash', `${WHEEL}#sha256=00`, `demo-x @ ${WHEEL}#sha256=00`],
    ['the name in its wheel and a marker', `${WHEEL} ; os_name=="a"`, `demo-x @ ${WHEEL} ; os_name == "a"`],
    [
      'the name in its egg',
      `git+https://h.example/x@${SHA}#egg=Demo.x`,
      `demo-x @ git+https://h.example/x@${SHA}#egg=Demo.x`,
    ],
    [
      'an egg behind its folder',
      `git+https://h.example/x@${SHA}#subdirectory=a&egg=demo ; os_name=="a"`,
      `demo @ git+https://h.example/x@${SHA}#subdirectory=a&egg=demo ; os_name == "a"`,
    ],
  ])('may have %s', (_, line, text) => {
    expect(textOf(line)).toBe(text);
  });

  it.each([
    ['a commit', `demo @ git+https://h.example/x@${SHA}`],
    ['a commit in capitals', `demo @ hg+https://h.example/x@${SHA.toUpperCase()}`],
    ['a commit by the scheme git', `demo @ git://h.example/x@${SHA}`],
  ])('may name %s', (_, line) => {
    expect(textOf(line)).toBe(line);
  });

  it.each([
    ['a branch', 'demo @ git+https://h.example/x@main'],
    ['a branch by the scheme git', 'demo @ git://h.example/x@main'],
    ['half a commit', `demo @ git+https://h.example/x@${SHA.slice(20)}`],
    ['more than a commit', `demo @ git+https://h.example/x@${SHA}0`],
    ['a commit behind the #', `demo @ git+https://h.example/x@main#egg=demo@${SHA}`],
    ['no revision', 'demo @ svn+https://h.example/x'],
  ])('may not name %s in a repository', (_, line) => {
    expect(codeOf(line)).toBe('mutable-vcs');
  });
});

describe('a marker', () => {
  it.each([
    ['one comparison', 'os_name=="a"', 'os_name == "a"'],
    ['the value first', '"a"==os_name', '"a" == os_name'],
    ['single quotes', "os_name == 'a'", 'os_name == "a"'],
    ['double quotes inside single ones', `os_name == 'a"b'`, `os_name == 'a"b'`],
    ['spaces inside an operator', 'os_name not   in "a b"', 'os_name not in "a b"'],
    [
      'brackets that change nothing',
      '(os_name=="a" or (os_name=="b" or os_name=="c"))',
      'os_name == "a" or os_name == "b" or os_name == "c"',
    ],
    [
      'brackets around what binds first anyway',
      'os_name=="a" or (os_name=="b" and os_name=="c")',
      'os_name == "a" or os_name == "b" and os_name == "c"',
    ],
    [
      'brackets that are needed on the left',
      '(os_name=="a" or os_name=="b") and os_name=="c"',
      '(os_name == "a" or os_name == "b") and os_name == "c"',
    ],
    [
      'brackets that are needed on the right',
      'os_name=="a" and (os_name=="b" or os_name=="c")',
      'os_name == "a" and (os_name == "b" or os_name == "c")',
    ],
    [
      'one and inside another',
      'os_name=="a" and (os_name=="b" and os_name=="c")',
      'os_name == "a" and os_name == "b" and os_name == "c"',
    ],
  ])('with %s has one spelling', (_, marker, text) => {
    expect(textOf(`demo; ${marker}`)).toBe(`demo; ${text}`);
  });

  const leaf = fc.constantFrom('os_name=="a"', "'b' in os_name", 'extra  not  in "c"', 'python_version<"3.9"');
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { depthSize: 'small' },
      leaf,
      fc
        .tuple(tie('tree'), fc.constantFrom('and', 'or'), tie('tree'))
        .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    ),
  }));

  it('however deep, is printed as what reads back as the same', () => {
    fc.assert(
      fc.property(tree, (marker) => {
        const text = textOf(`demo; ${marker}`);
        expect(textOf(text)).toBe(text);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the pin of a requirement', () => {
  it.each([
    ['demo==1.2', '1.2'],
    ['demo==1.2,!=1.1', '1.2'],
    ['demo==1.2,>=1', '1.2'],
    ['demo==0.4.7+cuda11.cudnn82', '0.4.7+cuda11.cudnn82'],
    ['demo', undefined],
    ['demo==1.*', undefined],
    ['demo>=1.2', undefined],
    ['demo~=1.2', undefined],
    [`demo @ ${WHEEL}`, undefined],
  ])('%s: %s', (line, version) => {
    expect(pinOf(parseRequirement(line, 'here'))).toBe(version);
  });

  it('is none for an arbitrary equality', () => {
    expect(pinOf({ specifiers: ['===1.2'] })).toBeUndefined();
  });
});
