import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { artifactPath } from '../../../shared/mlflow/artifact-path.ts';

describe('artifact path', () => {
  it.each([
    ['', ''],
    ['.', ''],
    ['a/b.txt', 'a/b.txt'],
    ['a//b/./c/', 'a/b/c'],
    ['a..b/...', 'a..b/...'],
    ['100%/a%20b', '100%/a%20b'],
    ['模型/a b', '模型/a b'],
  ])('%j is %j below the root', (path, expected) => {
    expect(artifactPath(path)).toBe(expected);
  });

  it.each([
    '..',
    'a/../b',
    'a/..',
    '/etc/passwd',
    '%2fetc/passwd',
    'a/%2e%2e/b',
    'a/%252e%252e/b',
    'a/..%2f..%2fb',
    '%zz/%2e%2e/b',
    './%2f',
    './%2fetc/passwd',
    './/c%3a/windows',
    'a\\b',
    'a%5c..%5cb',
    'a#b',
    'a%23b',
    'a\0b',
    'a%00b',
    'C:/windows',
    'c%3a/windows',
    'file:///etc/passwd',
    `${'%25'.repeat(3)}2e`.replace('%25%25%25', `%${'25'.repeat(40)}`),
  ])('refuses %j', (path) => {
    expect(() => artifactPath(path)).toThrow(
      expect.objectContaining({ code: 'INVALID_PARAMETER_VALUE', message: 'Invalid path' }),
    );
  });

  it('never leaves the root, however it is encoded', () => {
    const piece = fc.constantFrom('a', '.', '..', '/', '%', '25', '2e', '2E', '2f', '5c', '\\', ' ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        let path: string;
        try {
          path = artifactPath(pieces.join(''));
        } catch {
          return;
        }
        for (let layer = 0; layer < 20; layer += 1) {
          expect(path.split(/[/\\]/)).not.toContain('..');
          expect(path.startsWith('/')).toBe(false);
          path = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
        }
      }),
      { numRuns: 5_000 },
    );
  });
});
