import { describe, expect, it } from 'vitest';
import { classifyUv } from '../../../../shared/packaging/environment/resolve/classify.ts';
import { pinsOf } from '../../../../shared/packaging/environment/resolve/read-lock.ts';
import { resolverInput } from '../../../../shared/packaging/environment/resolve/requirements.ts';

const none = { extraIndexUrls: [], pre: false, onlyBinary: [], noBinary: [] };

describe('what the resolver complains of', () => {
  it.each<[string, string, RegExp]>([
    [
      'conflict',
      'cause: Because a==1 depends on b>=2 and you require b==1, we can conclude that your requirements are unsatisfiable.',
      /Because a==1 depends on b>=2/,
    ],
    [
      'no-matching-version',
      'cause: Because there is no version of a==99 and you require a==99, we can conclude that your requirements are unsatisfiable.',
      /no version of a==99/,
    ],
    [
      'no-matching-version',
      'cause: Because a was not found in the package registry and you require a, we can conclude that your requirements are unsatisfiable.',
      /was not found/,
    ],
    [
      'no-wheel',
      'cause: Because a==1 has no wheels with a matching Python ABI tag (e.g., `cp311`) and you require a==1, we can conclude that your requirements are unsatisfiable.\n\nhint: more',
      /matching Python ABI tag.*unsatisfiable\.$/,
    ],
    [
      'no-wheel',
      'cause: Because a==1 has no usable wheels and you require a==1, we can conclude …',
      /no usable wheels/,
    ],
    [
      'python-unavailable',
      'cause: Because the requested Python version (>=3.11) does not satisfy Python>=3.12 and a==1 depends on Python>=3.12, …',
      /does not satisfy/,
    ],
    ['network', 'error: Failed to fetch: `https://index.example/simple/a/`', /Failed to fetch/],
    ['build-failed', 'something new', /something new/],
    ['build-failed', '', /did not say why/],
  ])('is a case of %s', (code, stderr, message) => {
    expect(classifyUv(`error: No solution found when resolving dependencies\n  ${stderr}`).code).toBe(code);
    expect(classifyUv(stderr).message).toMatch(message);
  });

  it('is told without credentials, and no longer than can be read', () => {
    const failure = classifyUv(`error: Failed to fetch: https://user:secret@index.example/a ${'x '.repeat(5000)}`);
    expect(JSON.stringify(failure)).not.toContain('secret');
    expect(failure.message.length).toBeLessThan(800);
  });
});

describe('requirements by URL', () => {
  const hash = 'b'.repeat(64);
  const resolved = (requirement: string) => resolverInput({ requirements: [requirement], options: none });

  it('become a pin and a file that is offered like one of an index', () => {
    expect(
      resolved(
        `torch[x] @ https://host.example/torch-2.3.0%2Bcpu-cp311-cp311-linux_x86_64.whl#sha256=${hash} ; python_version >= "3.8"`,
      ),
    ).toEqual({
      requirements: ['torch[x]==2.3.0+cpu ; python_version >= "3.8"'],
      files: [
        {
          project: 'torch',
          version: '2.3.0+cpu',
          fileName: 'torch-2.3.0+cpu-cp311-cp311-linux_x86_64.whl',
          sha256: hash,
          url: 'https://host.example/torch-2.3.0%2Bcpu-cp311-cp311-linux_x86_64.whl',
        },
      ],
    });
  });

  it.each<[string, string]>([
    ['a @ https://host.example/a-1-py3-none-any.whl', 'build-failed'],
    ['a @ https://host.example/a-1.tar.gz', 'no-wheel'],
    [`a @ git+https://host.example/a@${'0'.repeat(40)}`, 'no-wheel'],
  ])('%s cannot be installed: %s', (requirement, code) => {
    expect(resolved(requirement)).toMatchObject({ kind: 'failed', code });
  });

  it('say so when building from source is asked for', () => {
    expect(resolverInput({ requirements: [], options: { ...none, noBinary: ['a'] } })).toMatchObject({
      code: 'no-wheel',
    });
  });
});

it('pins are read from what the resolver writes', () => {
  expect(
    pinsOf('# header\na==1.0\nb-c[x]==2.0+cpu \\\n    --hash=sha256:00\nd==3 ; sys_platform == "linux"\n'),
  ).toEqual([
    { name: 'a', version: '1.0' },
    { name: 'b-c', version: '2.0+cpu' },
    { name: 'd', version: '3' },
  ]);
});
