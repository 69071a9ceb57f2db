import { describe, expect, it } from 'vitest';
import { readCondaFile } from '../../../../shared/packaging/environment/conda-file.ts';
import { EnvironmentRefused } from '../../../../shared/packaging/environment/environment-refusal.ts';

const read = (text: string) => readCondaFile(text, 'conda.yaml');

const dependencies = (...entries: readonly string[]) =>
  read(`dependencies:\n${entries.map((entry) => `- ${JSON.stringify(entry)}\n`).join('')}`);

const refusalOf = (reading: () => unknown) => {
  try {
    return reading();
  } catch (cause) {
    if (cause instanceof EnvironmentRefused) return cause.refusal;
    throw cause;
  }
};

describe('a conda.yaml', () => {
  it('names Python, channels, packages and what pip installs', () => {
    const text = `
name: mlflow-env
channels: [b, a]
dependencies:
- xgboost=2.1
- python=3.11.7
- pip<=24.0
- Setuptools
- wheel=1
- blas
- pip: [numpy==2.1.3, "--pre"]
`;
    expect(read(text)).toStrictEqual({
      python: '=3.11.7',
      channels: ['b', 'a'],
      packages: ['blas', 'xgboost=2.1'],
      pip: [
        { where: 'conda.yaml pip[0]', text: 'numpy==2.1.3' },
        { where: 'conda.yaml pip[1]', text: '--pre' },
      ],
    });
  });

  it.each([
    ['no dependencies', 'name: x'],
    ['an empty list of them', 'dependencies: []'],
    ['nothing behind dependencies', 'channels:\ndependencies:\n'],
    ['nothing behind pip', 'dependencies:\n- pip:\n'],
    ['a list of another tool', 'dependencies:\n- npm: [x]\n'],
    ['a Python of any version', 'dependencies: [python]'],
    ['a comment behind Python', 'dependencies: ["python # any"]'],
  ])('with %s names none', (_, text) => {
    expect(read(text)).toStrictEqual({ channels: [], packages: [], pip: [] });
  });

  it('may name Python by its channel', () => {
    expect(dependencies('blas', 'conda-forge::Python 3.11')).toMatchObject({ python: '3.11', packages: ['blas'] });
  });

  it.each([
    ['a comment behind it', 'numpy==1   # why # not', 'numpy==1'],
    ['spaces around it', '  numpy==1 ', 'numpy==1'],
    ['a # in its URL', 'x @ https://x.example/#egg=x', 'x @ https://x.example/#egg=x'],
    ['nothing but a comment', '# why', ''],
  ])('a line for pip may have %s', (_, line, text) => {
    expect(read(`dependencies:\n- pip:\n  - ${JSON.stringify(line)}\n`).pip).toEqual([
      { where: 'conda.yaml pip[0]', text },
    ]);
  });

  it('counts the lines for pip over all its lists', () => {
    expect(read('dependencies: [{pip: [a]}, b, {pip: [c]}]').pip).toEqual([
      { where: 'conda.yaml pip[0]', text: 'a' },
      { where: 'conda.yaml pip[1]', text: 'c' },
    ]);
  });
});

describe('a package of conda', () => {
  it.each([
    ['a name', 'numpy', 'numpy'],
    ['a name in capitals', 'PyTorch', 'pytorch'],
    ['a name that keeps its separators', '_libgcc_mutex', '_libgcc_mutex'],
    ['a version', 'numpy=1.5', 'numpy=1.5'],
    ['spaces around its operator', 'numpy  =  1.5', 'numpy=1.5'],
    ['an exact version', 'numpy == 1.5', 'numpy==1.5'],
    ['a range', 'numpy  >= 1.2 ,  < 2', 'numpy>=1.2,<2'],
    ['a choice', 'numpy 1.2 | 1.4.*', 'numpy 1.2|1.4.*'],
    ['a version behind a space', 'numpy   1.5', 'numpy 1.5'],
    ['a version and a build', 'numpy=1.5=py_0', 'numpy=1.5=py_0'],
    ['a version and a build behind spaces', 'numpy  1.5   py_0', 'numpy 1.5 py_0'],
    ['an exact version and a build', 'numpy ==1.5  py_0', 'numpy==1.5 py_0'],
    ['a version of any sort', 'numpy *', 'numpy *'],
    ['brackets', "numpy[version='>=1.5']", "numpy[version='>=1.5']"],
    ['a channel', 'conda-forge::NumPy=1.5', 'conda-forge::numpy=1.5'],
    ['a channel with a platform', 'conda-forge/linux-64::numpy', 'conda-forge/linux-64::numpy'],
    ['a channel by URL', 'https://conda.example:8080/main::numpy', 'https://conda.example:8080/main::numpy'],
    ['a comment', 'numpy=1.5  # why # not', 'numpy=1.5'],
    ['spaces around it', '  numpy=1.5  ', 'numpy=1.5'],
  ])('may have %s', (_, entry, text) => {
    expect(dependencies(entry).packages).toEqual([text]);
  });

  it('is listed once and in order', () => {
    expect(dependencies('b', 'a=1', 'B', 'a = 1').packages).toEqual(['a=1', 'b']);
  });

  it.each(['', '>=3', '==numpy', '# numpy', '*', ':: numpy', 'numpy=1\nscipy=1'])('is not %j', (entry) => {
    expect(refusalOf(() => dependencies('python=3.11', entry))).toMatchObject({
      code: 'requirement-invalid',
      where: 'conda.yaml',
      message: expect.stringContaining('names a conda package in a way that is not understood'),
    });
  });

  it('may not hold a credential in the URL of its channel', () => {
    const refusal = refusalOf(() => dependencies('https://me:hunter2@conda.example/main::numpy'));
    expect(refusal).toMatchObject({ code: 'credential-in-requirement', where: 'conda.yaml' });
    expect(JSON.stringify(refusal)).not.toContain('hunter2');
  });
});
