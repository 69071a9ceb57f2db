import { describe, expect, it } from 'vitest';
import type { EnvironmentSource } from '../../../../shared/packaging/environment/environment-source.ts';
import { readEnvironment } from '../../../../shared/packaging/environment/read-environment.ts';

const lines = (...text: readonly string[]): EnvironmentSource => ({
  pythonVersion: '3.11.7',
  requirementsTxt: text.join('\n'),
});

const SHA = '0123456789abcdef0123456789abcdef01234567';

describe('environments that cannot be built anywhere else', () => {
  it.each<[string, EnvironmentSource, string?]>([
    [
      'credential-in-requirement',
      lines('numpy', '--index-url https://me:hunter2@pypi.example/simple'),
      'requirements.txt:2',
    ],
    ['credential-in-requirement', lines('--extra-index-url=https://hunter2@pypi.example/simple')],
    ['credential-in-requirement', lines('-i https://pypi.example/simple?token=hunter2')],
    ['credential-in-requirement', lines('x @ git+https://x-access-token:hunter2@github.com/o/x@main')],
    ['credential-in-requirement', lines('https://me:hunter2@files.example/x-1-py3-none-any.whl')],
    ['credential-in-requirement', lines('x @ https://files.example/x-1-py3-none-any.whl?sv=2024&sig=hunter2')],
    [
      'credential-in-requirement',
      { condaYaml: 'channels: ["https://hunter2@conda.example"]\ndependencies: [python=3.11]' },
      'conda.yaml channels',
    ],
    [
      'credential-in-requirement',
      { condaYaml: 'channels: ["https://conda.example/t/hunter2/main"]\ndependencies: [python=3.11]' },
    ],
    [
      'credential-in-requirement',
      { condaYaml: 'dependencies: [python=3.11, {pip: ["-i https://a:hunter2@b/simple"]}]' },
      'conda.yaml pip[0]',
    ],
    [
      'credential-in-requirement',
      { ...lines('-c constraints.txt'), constraintsTxt: '-i https://a:hunter2@b/' },
      'constraints.txt:1',
    ],
    ['mutable-vcs', lines('x @ git+https://github.com/o/x')],
    ['mutable-vcs', lines('x @ git+https://github.com/o/x@main')],
    ['mutable-vcs', lines('x @ git+https://github.com/o/x@v1.0')],
    ['mutable-vcs', lines('git+ssh://git@github.com/o/x@main#egg=x')],
    ['local-path', lines('./wheels/x-1-py3-none-any.whl')],
    ['local-path', lines('x-1-py3-none-any.whl')],
    ['local-path', lines('/data/x')],
    ['local-path', lines('C:\\x\\x.whl')],
    ['local-path', lines('x @ file:///data/x')],
    ['local-path', lines('x @ git+file:///data/x@main')],
    ['editable', lines('-e .')],
    ['editable', lines('--editable=git+https://github.com/o/x@main#egg=x')],
    ['conflict', lines('numpy==2.1.3', 'NumPy==1.26.4'), 'requirements.txt:1'],
    ['conflict', lines('numpy==2.1.3', 'numpy<2')],
    ['conflict', lines('x @ https://a.example/x.whl', 'x @ https://b.example/x.whl')],
    ['conflict', { ...lines('-c constraints.txt', 'numpy==2.1.3'), constraintsTxt: 'numpy<2' }],
    ['requirements-include', lines('-r other.txt')],
    ['requirements-include', lines('-r requirements.txt')],
    ['requirements-include', lines('--requirement https://example.com/r.txt')],
    ['requirements-include', lines('-c https://example.com/c.txt')],
    ['requirements-include', lines('-c constraints.txt')],
    [
      'requirements-include',
      { pythonEnvYaml: 'python: 3.11\ndependencies: ["-r requirements.txt"]' },
      'python_env.yaml',
    ],
    ['unsupported-option', lines('--find-links ./wheels')],
    ['unsupported-option', lines('--no-index')],
    ['unsupported-option', lines('--trusted-host pypi.example')],
    ['unsupported-option', lines('--require-hashes')],
    ['unsupported-option', lines('numpy==2.1.3 --hash=sha256:00')],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: pip's own way to name a variable
    ['unsupported-option', lines('--index-url https://${PYPI_TOKEN}.example/simple')],
    ['unsupported-option', lines('-i pypi.example')],
    ['requirement-invalid', lines('numpy=2.1.3')],
    ['requirement-invalid', lines('numpy==2.1.3 scipy')],
    ['requirement-invalid', lines('numpy>=2.*')],
    ['requirement-invalid', lines('numpy==latest')],
    ['requirement-invalid', lines('x @ http://files.example/x.whl')],
    ['no-environment', { pythonVersion: '3.11' }],
    ['no-environment', { pythonEnvYaml: 'python: 3.11.7' }],
    ['python-version', { requirementsTxt: 'numpy' }],
    ['python-version', { requirementsTxt: 'numpy', pythonVersion: '2.7.18' }],
    ['python-version', { requirementsTxt: 'numpy', pythonVersion: '3.6.1' }],
    ['python-version', { condaYaml: 'dependencies: ["python>=3.9,<3.12", {pip: [numpy]}]' }, 'conda.yaml'],
    ['python-version', { pythonEnvYaml: 'python: pypy3.9', requirementsTxt: 'numpy' }, 'python_env.yaml'],
  ])('%s: %j', (code, source, where?: string) => {
    const result = readEnvironment(source);
    expect(result).toMatchObject({ kind: 'refused', code, ...(where === undefined ? {} : { where }) });
    const { message } = result as { message: string };
    expect(message).toMatch(/^\S.*\. [A-Z`].*\.$/);
    expect(message).not.toContain('hunter2');
    expect(message.length).toBeLessThan(400);
  });

  it.each([
    ['too long', `a${'b'.repeat(5000)}`],
    ['too deep', `a; ${'('.repeat(3000)}`],
    ['one of more than anybody needs', 'a\n'.repeat(2001)],
    ['among more text than anybody needs', `${'a'.repeat(2000)}\n`.repeat(101)],
  ])('a requirement that is %s is refused in a short sentence', (_, text) => {
    const result = readEnvironment(lines(text));
    expect(result).toMatchObject({ kind: 'refused', code: 'requirement-invalid' });
    expect((result as { message: string }).message.length).toBeLessThan(400);
  });

  it.each([
    ['a commit', `x @ git+https://github.com/o/x@${SHA}`],
    ['a commit without a name before', `git+https://github.com/o/x@${SHA}#egg=x`],
    ['a user that is no secret', `x @ git+ssh://git@github.com/o/x@${SHA}`],
    ['a wheel by its URL alone', 'https://files.example/x-1.0-py3-none-any.whl'],
    ['the same pin under other markers', 'x==1; python_version<"3.9"\nx==2; python_version>="3.9"'],
    ['a range around a pin', 'x==1.5\nx>=1,<2'],
    ['a pre-release pin in its range', 'x==1.5rc1\nx>=1.0'],
  ])('%s is taken', (_, text) => {
    expect(readEnvironment(lines(text)).kind).toBe('environment');
  });
});
