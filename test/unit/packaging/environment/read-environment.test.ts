import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EnvironmentBase } from '../../../../shared/packaging/environment/environment-builder.ts';
import { environmentKey } from '../../../../shared/packaging/environment/environment-key.ts';
import type { EnvironmentSource } from '../../../../shared/packaging/environment/environment-source.ts';
import { readEnvironment } from '../../../../shared/packaging/environment/read-environment.ts';

const BASE: EnvironmentBase = { base: 'none', platform: 'linux-x86_64', template: 'wheels-1', server: 'server-1' };
const PYTHON_ENV =
  'python: 3.11.7\nbuild_dependencies:\n- pip==24.0\n- setuptools\ndependencies:\n- -r requirements.txt\n';

const requirements = (text: string): EnvironmentSource => ({ pythonEnvYaml: PYTHON_ENV, requirementsTxt: text });

const read = (source: EnvironmentSource, conda = false) => {
  const result = readEnvironment(source, { conda });
  if (result.kind === 'refused') throw new Error(result.message);
  return result;
};

const keyOf = (source: EnvironmentSource, base: Partial<EnvironmentBase> = {}, conda = false): string =>
  environmentKey({ ...BASE, ...base, spec: read(source, conda).spec });

const PLAIN = 'mlflow==2.19.0\nscikit-learn==1.5.2\nnumpy==2.1.3\n';

const condaOf = (
  lines: readonly string[],
  { head = '', python = '3.11.7', tools = '- pip<=24.0' } = {},
): EnvironmentSource => ({
  condaYaml: `${head}channels:\n- conda-forge\ndependencies:\n- python=${python}\n${tools}\n- pip:\n${lines
    .map((line) => `  - ${line}\n`)
    .join('')}name: mlflow-env\n`,
});

describe('what does not matter to an environment', () => {
  it.each<[string, EnvironmentSource]>([
    ['the order of lines', requirements('numpy==2.1.3\nmlflow==2.19.0\nscikit-learn==1.5.2\n')],
    ['a line that is there twice', requirements(`${PLAIN}numpy==2.1.3\n`)],
    ['comments', requirements('# by hand\nmlflow==2.19.0 # why\nscikit-learn==1.5.2\nnumpy==2.1.3\n')],
    ['blank lines and CRLF', requirements('\r\nmlflow==2.19.0\r\n\r\nscikit-learn==1.5.2\r\nnumpy==2.1.3')],
    ['continued lines', requirements('mlflow\\\n==2.19.0\nscikit-learn==1.5.2\nnumpy==2.1.3\n')],
    ['a byte order mark', requirements(`\uFEFF${PLAIN}`)],
    ['case and - _ . in names', requirements('MLflow==2.19.0\nScikit_Learn==1.5.2\nNumPy==2.1.3\n')],
    ['spaces around specifiers', requirements('mlflow == 2.19.0\nscikit-learn ==1.5.2\nnumpy== 2.1.3\n')],
    ['pip, setuptools and wheel', requirements(`${PLAIN}pip==24.0\nsetuptools==70\nwheel\n`)],
    [
      'the build tools of python_env.yaml',
      {
        pythonEnvYaml: 'python: 3.11.7\nbuild_dependencies: [pip==25.1]\ndependencies: ["-r requirements.txt"]',
        requirementsTxt: PLAIN,
      },
    ],
    ['the patch level of Python', { pythonEnvYaml: 'python: 3.11.2\n', requirementsTxt: PLAIN }],
    ['quotes in python_env.yaml', { pythonEnvYaml: 'python: "3.11"\n', requirementsTxt: PLAIN }],
    ['whether python_env.yaml or MLmodel names Python', { pythonVersion: '3.11.9', requirementsTxt: PLAIN }],
    [
      'whether python_env.yaml lists them itself',
      { pythonEnvYaml: 'python: 3.11.7\ndependencies: [mlflow==2.19.0, scikit-learn==1.5.2, numpy==2.1.3]' },
    ],
    ['whether conda.yaml lists them', condaOf(['mlflow==2.19.0', 'scikit-learn==1.5.2', 'numpy==2.1.3'])],
    [
      'name, prefix and channels of conda.yaml',
      condaOf(['mlflow==2.19.0', 'scikit-learn==1.5.2', 'numpy==2.1.3'], { head: 'prefix: /data/envs\nname: other\n' }),
    ],
    [
      'pip, setuptools and wheel of conda.yaml',
      condaOf(['mlflow==2.19.0', 'scikit-learn==1.5.2', 'numpy==2.1.3'], {
        tools: '- pip=25\n- setuptools=70\n- wheel',
      }),
    ],
    ['quotes in conda.yaml', condaOf(['"mlflow==2.19.0"', "'scikit-learn==1.5.2'", 'numpy==2.1.3'])],
    ['that conda.yaml says it again', { ...condaOf(['mlflow==2.19.0']), ...requirements(PLAIN) }],
    ['constraints that nobody asks for', { ...requirements(PLAIN), constraintsTxt: 'pandas<3\n' }],
    ['a wish for wheels', requirements(`--prefer-binary\n${PLAIN}`)],
  ])('%s', (_, source) => {
    expect(keyOf(source)).toBe(keyOf(requirements(PLAIN)));
    expect(keyOf(source)).toMatch(/^[0-9a-f]{32}$/);
  });

  it.each([
    ['spaces and quotes in markers', `numpy==2.1.3;python_version<"3.12"`, `numpy==2.1.3 ; python_version  <  '3.12'`],
    [
      'brackets around markers',
      `a==1; (os_name=="posix") and extra=="x"`,
      `a==1; os_name == "posix" and (extra == "x")`,
    ],
    ['order and case of extras', 'mlflow[Gateway,extras]==2.19.0', 'mlflow[extras, gateway]==2.19.0'],
    ['the order of specifiers', 'numpy>=1.26,<3', 'numpy <3, >=1.26'],
    ['brackets around specifiers', 'numpy>=1.26,<3', 'numpy (>=1.26,<3)'],
    ['the spelling of a pre-release', 'torch==2.6.0RC1', 'torch==2.6.0rc1'],
    [
      'the last slash of an index',
      '--index-url https://pypi.example/simple/\nnumpy==2.1.3',
      '-i https://pypi.example/simple\nnumpy==2.1.3',
    ],
    ['how an option is written', '--only-binary=NumPy,scipy\nnumpy', '--only-binary scipy\n--only-binary numpy\nnumpy'],
    [
      'how a commit is named',
      'x @ git+https://github.com/o/x@0123456789abcdef0123456789abcdef01234567',
      'x@git+https://github.com/o/x@0123456789abcdef0123456789abcdef01234567',
    ],
  ])('%s', (_, one, other) => {
    expect(keyOf(requirements(one))).toBe(keyOf(requirements(other)));
  });
});

describe('what matters to an environment', () => {
  const WHEEL = 'https://files.example/x-1.0-py3-none-any.whl';
  it.each<[string, EnvironmentSource]>([
    ['a name', requirements(PLAIN.replace('numpy', 'numpy-quaternion'))],
    ['one more name', requirements(`${PLAIN}pandas==2.2.3\n`)],
    ['a version', requirements(PLAIN.replace('2.1.3', '2.1.2'))],
    ['an operator', requirements(PLAIN.replace('numpy==', 'numpy>='))],
    ['an extra', requirements(PLAIN.replace('mlflow==', 'mlflow[extras]=='))],
    ['a marker', requirements(PLAIN.replace('numpy==2.1.3', 'numpy==2.1.3; python_version < "3.12"'))],
    ['brackets that bind otherwise', requirements(`${PLAIN}a==1; os_name=="a" and (os_name=="b" or os_name=="c")`)],
    ['no such brackets', requirements(`${PLAIN}a==1; os_name=="a" and os_name=="b" or os_name=="c"`)],
    ['constraints', { ...requirements(`-c constraints.txt\n${PLAIN}`), constraintsTxt: 'pandas<3\n' }],
    ['other constraints', { ...requirements(`-c constraints.txt\n${PLAIN}`), constraintsTxt: 'pandas<2\n' }],
    ['the index', requirements(`--index-url https://pypi.example/simple\n${PLAIN}`)],
    ['another index', requirements(`--extra-index-url https://pypi.example/simple\n${PLAIN}`)],
    ['pre-releases', requirements(`--pre\n${PLAIN}`)],
    ['wheels only', requirements(`--only-binary :all:\n${PLAIN}`)],
    ['no wheels', requirements(`--no-binary numpy\n${PLAIN}`)],
    ['a URL', requirements(`${PLAIN}x @ ${WHEEL}`)],
    ['another URL', requirements(`${PLAIN}x @ ${WHEEL}#sha256=00`)],
    ['the minor of Python', { pythonEnvYaml: 'python: 3.10.4\n', requirementsTxt: PLAIN }],
  ])('%s', (_, source) => {
    expect(keyOf(source)).not.toBe(keyOf(requirements(PLAIN)));
  });

  it('each of them gives another key than all others', () => {
    const bracketed = (text: string) => keyOf(requirements(`a==1; ${text}`));
    expect(bracketed('os_name=="a" and (os_name=="b" or os_name=="c")')).not.toBe(
      bracketed('os_name=="a" and os_name=="b" or os_name=="c"'),
    );
  });

  it.each<keyof EnvironmentBase>(['base', 'platform', 'template', 'server'])('the %s that it is built with', (part) => {
    expect(keyOf(requirements(PLAIN), { [part]: 'another' })).not.toBe(keyOf(requirements(PLAIN)));
  });

  it('conda packages and the order of their channels, where conda is there to install them', () => {
    const file = (channels: string, more = '') => ({
      condaYaml: `channels: [${channels}]\ndependencies: [python=3.11, ${more}pip, {pip: [mlflow==2.19.0]}]`,
    });
    const keys = [
      file('a, b'),
      file('a, b', 'xgboost=2.1, '),
      file('b, a', 'xgboost=2.1, '),
      file('a, b', 'xgboost=2.0, '),
    ];
    expect(new Set(keys.map((source) => keyOf(source, {}, true))).size).toBe(4);
    expect(keyOf(file('b, a'), {}, true)).toBe(keyOf(file('a, b'), {}, true));
    expect(keyOf(file('a', 'XGBoost = 2.1, '), {}, true)).toBe(keyOf(file('a', 'xgboost=2.1, '), {}, true));
  });
});

describe('reading an environment', () => {
  it('is canonical', () => {
    const { spec } = read({
      ...requirements('--pre\n-c constraints.txt\nNumPy == 2.1.3\nmlflow[Extras]>=2,<3; python_version<"4"\n'),
      constraintsTxt: 'Pandas<3',
    });
    expect(spec).toEqual({
      python: '3.11',
      requirements: ['mlflow[extras]<3,>=2; python_version < "4"', 'numpy==2.1.3'],
      constraints: ['pandas<3'],
      conda: { channels: [], packages: [] },
      options: { extraIndexUrls: [], pre: true, onlyBinary: [], noBinary: [] },
    });
  });

  it('3.10 without quotes is not 3.1', () => {
    expect(read({ pythonEnvYaml: 'python: 3.10\n', requirementsTxt: 'numpy' }).spec.python).toBe('3.10');
    expect(read({ condaYaml: 'dependencies:\n- python=3.10\n- pip: [numpy]' }).spec.python).toBe('3.10');
  });

  it('says which conda packages are left out, and which names have no version', () => {
    const { spec, warnings } = read({
      condaYaml: 'dependencies:\n- python=3.11\n- xgboost=2.1\n- pip: [pandas, numpy==2.1.3]',
    });
    expect(spec.conda.packages).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/conda.yaml .* left out: xgboost=2.1\./),
      expect.stringMatching(/without an exact version: pandas\./),
    ]);
  });

  it('what it prints reads back as the same', () => {
    const { spec } = read(
      requirements(
        'a[x,y]>=1,!=1.5.*; os_name=="a" and (os_name=="b" or os_name=="c")\nb==1.0+cpu\nc @ https://x.example/c-1-py3-none-any.whl ; os_name=="a"\n',
      ),
    );
    expect(read(requirements(spec.requirements.join('\n'))).spec).toEqual(spec);
  });

  const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(-[a-z0-9]{1,4})?$/);
  const pins = fc.uniqueArray(fc.record({ name, major: fc.nat(9), minor: fc.nat(20) }), {
    selector: (pin) => pin.name,
    maxLength: 12,
  });

  it('order, case, spaces and separators never matter', () => {
    fc.assert(
      fc.property(pins, fc.infiniteStream(fc.nat()), (list, choices) => {
        const chosen = (count: number) => (choices.next().value as number) % count;
        const spelled = list
          .map((pin) => ({ pin, at: chosen(1000) }))
          .sort((a, b) => a.at - b.at)
          .map(({ pin: { name, major, minor } }) => {
            const other = chosen(2) === 0 ? name.toUpperCase() : name;
            const space = ' '.repeat(chosen(3));
            return `${space}${other.replaceAll('-', ['-', '_', '.', '-_'][chosen(4)] ?? '-')}${space}==${space}${major}.${minor}${space}`;
          });
        const plain = list.map(({ name, major, minor }) => `${name}==${major}.${minor}`);
        expect(keyOf(requirements(spelled.join('\n')))).toBe(keyOf(requirements(plain.join('\r\n'))));
      }),
      { numRuns: 60 },
    );
  });

  it('whatever the text is, the answer is an environment or a refusal', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), fc.string({ maxLength: 200 }), (one, other) => {
        for (const source of [
          { requirementsTxt: one, pythonVersion: '3.11' },
          { pythonEnvYaml: one, requirementsTxt: other },
          { condaYaml: one },
        ]) {
          expect(['environment', 'refused']).toContain(readEnvironment(source).kind);
        }
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\ndependencies: [*c,*c,*c,*c,*c]`,
    ],
    ['brackets without end', '['.repeat(100_000)],
    ['indentation without end', Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
    ['an alias of itself', 'dependencies: &a [*a]'],
  ])('%s in YAML is refused', (_, condaYaml) => {
    expect(readEnvironment({ condaYaml })).toMatchObject({ kind: 'refused', code: 'environment-unreadable' });
  });
});
