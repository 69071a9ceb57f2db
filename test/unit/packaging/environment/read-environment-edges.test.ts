import { describe, expect, it } from 'vitest';
import type { EnvironmentSource } from '../../../../shared/packaging/environment/environment-source.ts';
import { readEnvironment } from '../../../../shared/packaging/environment/read-environment.ts';

const read = (source: EnvironmentSource, options?: { readonly conda: boolean }) => {
  const result = readEnvironment(source, options);
  if (result.kind === 'refused') throw new Error(result.message);
  return result;
};

const CONDA = 'dependencies: [python=3.11, xgboost=2.1, {pip: [from-conda==1]}]';
const CONDA_PIP_ONLY = 'dependencies: [python=3.11, {pip: [from-conda==1]}]';
const python311 = { pythonVersion: '3.11.7' };

describe('which file counts', () => {
  it.each<[string, EnvironmentSource, boolean, readonly string[]]>([
    ['python_env.yaml', { pythonEnvYaml: 'dependencies: [a==1]', requirementsTxt: 'b==1' }, false, ['a==1']],
    ['requirements.txt', { requirementsTxt: 'b==1', condaYaml: CONDA }, false, ['b==1']],
    ['requirements.txt', { pythonEnvYaml: 'python: 3.11', requirementsTxt: 'b==1' }, false, ['b==1']],
    ['requirements.txt', { pythonEnvYaml: 'dependencies: []', requirementsTxt: 'b==1' }, false, ['b==1']],
    ['requirements.txt', { pythonEnvYaml: 'dependencies:\n', requirementsTxt: 'b==1' }, false, ['b==1']],
    ['requirements.txt', { requirementsTxt: 'b==1' }, true, ['b==1']],
    ['requirements.txt', { requirementsTxt: 'b==1', condaYaml: CONDA_PIP_ONLY }, true, ['b==1']],
    ['conda.yaml', { condaYaml: CONDA }, false, ['from-conda==1']],
    ['conda.yaml', { requirementsTxt: 'b==1', condaYaml: CONDA }, true, ['from-conda==1']],
  ])('%s of %j, conda %j', (_, source, conda, requirements) => {
    expect(read({ ...python311, ...source }, { conda }).spec.requirements).toEqual(requirements);
  });

  it('conda is not there unless the builder says so', () => {
    expect(read({ condaYaml: CONDA }).spec.conda).toEqual({ channels: [], packages: [] });
    expect(read({ condaYaml: CONDA }, { conda: true }).spec.conda).toEqual({ channels: [], packages: ['xgboost=2.1'] });
  });

  it.each<[string, EnvironmentSource, boolean]>([
    ['3.10', { pythonEnvYaml: 'python: 3.10.1', condaYaml: CONDA, requirementsTxt: '' }, false],
    ['3.11', { pythonEnvYaml: 'python: 3.10.1', condaYaml: CONDA, requirementsTxt: '' }, true],
    ['3.11', { condaYaml: CONDA, pythonVersion: '3.9.1' }, false],
    ['3.9', { condaYaml: 'dependencies: [python, {pip: [a]}]', pythonVersion: '3.9.1' }, false],
  ])('Python %s is named by %j, conda %j', (python, source, conda) => {
    expect(read(source, { conda }).spec.python).toBe(python);
  });

  it('a list that includes requirements.txt is joined with it', () => {
    const { spec } = read({
      pythonEnvYaml: `python: 3.11\ndependencies: ["-r requirements.txt # ours", "# more", "b==1 # why", "--only-binary z,m", "--no-binary y,l", "--extra-index-url https://a.example/"]`,
      requirementsTxt: 'a==1\n--only-binary m,a\n--no-binary l,b\n--extra-index-url https://b.example/\n--pre',
    });
    expect(spec).toStrictEqual({
      python: '3.11',
      requirements: ['a==1', 'b==1'],
      constraints: [],
      conda: { channels: [], packages: [] },
      options: {
        extraIndexUrls: ['https://a.example', 'https://b.example'],
        pre: true,
        onlyBinary: ['a', 'm', 'z'],
        noBinary: ['b', 'l', 'y'],
      },
    });
  });

  it('an included list may say its own index and constraints', () => {
    const pythonEnvYaml = 'python: 3.11\ndependencies: ["-r requirements.txt", "-i https://a.example"]';
    const source = { pythonEnvYaml, constraintsTxt: 'c<2' };
    expect(read({ ...source, requirementsTxt: 'a==1' }).spec).toMatchObject({
      constraints: [],
      options: { indexUrl: 'https://a.example' },
    });
    expect(read({ ...source, requirementsTxt: 'a==1\n-i https://b.example\n-c constraints.txt' }).spec).toMatchObject({
      constraints: ['c<2'],
      options: { indexUrl: 'https://b.example' },
    });
  });
});

describe('what the person who logged the model is told', () => {
  it('nothing, when every package has its version or its URL', () => {
    const requirementsTxt = 'a==1\nb @ https://files.example/b-1-py3-none-any.whl\nc==0.4.7+cuda11.cudnn82';
    expect(read({ ...python311, requirementsTxt }).warnings).toEqual([]);
    expect(read({ condaYaml: CONDA_PIP_ONLY }).warnings).toEqual([]);
    expect(read({ condaYaml: CONDA }, { conda: true }).warnings).toEqual([]);
  });

  it('which names have no exact version, once and in order', () => {
    const requirementsTxt = 'z\nb>=1\na==1.*\nz; os_name=="a"\nc==1';
    expect(read({ ...python311, requirementsTxt }).warnings).toEqual([
      expect.stringMatching(/^without an exact version: a, b, z\. /),
    ]);
  });

  it.each([
    ['the model', undefined],
    ['MLmodel', '2.7.18'],
  ])('that %s names no Python', (where, pythonVersion) => {
    const source = { requirementsTxt: 'a==1', ...(pythonVersion === undefined ? {} : { pythonVersion }) };
    expect(readEnvironment(source)).toMatchObject({ kind: 'refused', code: 'python-version', where });
  });

  it('no refusal, when something else is wrong', () => {
    const source = {
      get requirementsTxt(): string {
        throw new RangeError('not for the person');
      },
    };
    expect(() => readEnvironment(source)).toThrow(RangeError);
  });
});

describe('a hostile text is read in moments', () => {
  const spaces = ' '.repeat(100_000);
  it.each<[string, EnvironmentSource]>([
    ['spaces before what is no comment', { requirementsTxt: `a${spaces}b` }],
    ['spaces between options', { requirementsTxt: `--pre${spaces}x` }],
    ['slashes behind an index', { requirementsTxt: `-i https://a.example${'/'.repeat(190_000)}x` }],
    ['a parameter of many secrets', { requirementsTxt: `a://?${'token'.repeat(38_000)}` }],
    ['the beginnings of many URLs', { requirementsTxt: `a ${'://'.repeat(60_000)}` }],
    ['spaces in a conda package', { condaYaml: `dependencies: ["a${spaces}b"]` }],
    ['spaces in a line for pip', { condaYaml: `dependencies: [{pip: ["a${spaces}b"]}]` }],
    ['spaces before a Python', { pythonEnvYaml: `python: "${spaces}${spaces}x"`, requirementsTxt: 'a' }],
  ])(
    '%s',
    (_, source) => {
      expect(['environment', 'refused']).toContain(readEnvironment({ ...python311, ...source }).kind);
    },
    2_000,
  );
});
