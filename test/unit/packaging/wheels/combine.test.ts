import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clashMessage,
  combine,
  filesByPath,
  type Installation,
} from '../../../../shared/packaging/environment/wheels/combine.ts';
import type { InstalledFile } from '../../../../shared/packaging/environment/wheels/plan-install.ts';

interface Content {
  readonly size?: number;
  readonly sha256?: string;
  readonly crc32?: number;
}

const member = (path: string, { size = 1, crc32 = 0, sha256 }: Content = {}): InstalledFile => ({
  path,
  size,
  executable: false,
  ...(sha256 !== undefined && { sha256 }),
  content: { kind: 'member', member: { path, size, crc32, executable: false } },
});

const text = (path: string, { size = 1, sha256 = 'a' }: Content = {}): InstalledFile => ({
  path,
  size,
  executable: false,
  sha256,
  content: { kind: 'text', text: '' },
});

const wheel = (title: string, ...files: readonly InstalledFile[]): Installation => ({ title, files });

const clashOf = (...wheels: readonly Installation[]) => {
  const combined = combine(wheels);
  return 'clash' in combined ? combined.clash : undefined;
};

const keptOf = (...wheels: readonly Installation[]) => {
  const combined = combine(wheels);
  return 'clash' in combined ? undefined : combined.installations;
};

describe('one path of two wheels', () => {
  it.each<[string, InstalledFile, InstalledFile, boolean]>([
    ['equal hashes', member('x', { sha256: 'a', crc32: 1 }), member('x', { sha256: 'a', crc32: 2 }), true],
    ['different hashes', member('x', { sha256: 'a' }), member('x', { sha256: 'b' }), false],
    ['equal hashes of different sizes', member('x', { sha256: 'a' }), member('x', { sha256: 'a', size: 2 }), false],
    ['no hashes and equal checksums', member('x', { crc32: 1 }), member('x', { crc32: 1 }), true],
    ['no hashes and different checksums', member('x', { crc32: 1 }), member('x', { crc32: 2 }), false],
    ['one hash and equal checksums', member('x', { sha256: 'a', crc32: 1 }), member('x', { crc32: 1 }), true],
    ['one hash and different checksums', member('x', { sha256: 'a', crc32: 1 }), member('x', { crc32: 2 }), false],
    ['a command that the other brings as a file', text('x'), member('x', { sha256: 'a' }), true],
    ['a command and a file without a hash', text('x'), member('x'), false],
    ['two commands alike', text('x'), text('x'), true],
    ['two commands that differ', text('x'), text('x', { sha256: 'b' }), false],
  ])('with %s', (_, first, second, agrees) => {
    expect(clashOf(wheel('a', first), wheel('b', second))).toEqual(
      agrees ? undefined : { path: 'x', packages: ['a', 'b'] },
    );
    expect(clashOf(wheel('b', second), wheel('a', first)) === undefined).toBe(agrees);
  });

  it('is kept by the last of them, with everything that only one has', () => {
    const [own, shared, other, again] = [member('a/own'), member('shared'), member('b/own'), member('shared')] as const;
    const kept = keptOf(wheel('a', own, shared), wheel('b', again, other));
    expect(kept?.map(({ title }) => title)).toEqual(['a', 'b']);
    expect(kept?.[0]?.files).toEqual([own]);
    expect(kept?.[1]?.files[0]).toBe(again);
    expect(kept?.[1]?.files).toEqual([again, other]);
  });

  it('is the last one’s `__init__.py` where packages share a namespace', () => {
    const first = member('ns/__init__.py', { sha256: 'a' });
    const last = member('ns/__init__.py', { sha256: 'b' });
    expect(keptOf(wheel('a', first), wheel('b', last))?.map(({ files }) => files)).toEqual([[], [last]]);
    expect(
      clashOf(
        wheel('a', member('my__init__.py', { sha256: 'a' })),
        wheel('b', member('my__init__.py', { sha256: 'b' })),
      ),
    ).toBeDefined();
  });
});

describe('a path that is a file in one wheel and a folder in another', () => {
  it.each(['x/y', 'x/y/z', 'x/y/z/w'])('clashes when the folder holds %s', (inside) => {
    const clash = { path: 'x', packages: ['a', 'b'] };
    expect(clashOf(wheel('a', member(inside)), wheel('b', member('x')))).toEqual(clash);
    expect(clashOf(wheel('b', member('x')), wheel('a', member(inside)))).toEqual(clash);
  });

  it('names the first that has the folder', () => {
    expect(clashOf(wheel('a', member('x/1')), wheel('b', member('x/2')), wheel('c', member('x')))?.packages).toEqual([
      'a',
      'c',
    ]);
  });

  it.each(['x.py', 'xy', 'y/x'])('is none beside %s', (path) => {
    expect(clashOf(wheel('a', member('x/y')), wheel('b', member(path)))).toBeUndefined();
  });
});

it('wheels that go together keep every path once', () => {
  const path = fc.array(fc.constantFrom('a', 'b', '__init__.py'), { minLength: 1, maxLength: 3 });
  const paths = fc.uniqueArray(
    path.map((parts) => parts.join('/')),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(fc.array(paths, { maxLength: 4 }), (each) => {
      const wheels = each.map((some, index) => wheel(String(index), ...some.map((one) => member(one))));
      const all = [...new Set(each.flat())];
      const clashes = all.some((one) => all.some((other) => other.startsWith(`${one}/`)));
      const kept = keptOf(...wheels)?.flatMap(({ files }) => files.map((file) => file.path));
      expect(kept?.toSorted()).toEqual(clashes ? undefined : all.toSorted());
    }),
  );
});

it('a clash is told with both packages and the path', () => {
  expect(clashMessage({ path: 'opt/env/x', packages: ['a 1', 'b 2'] })).toMatch(/^a 1 and b 2 .*'\/opt\/env\/x'/);
});

it('a file is found by its path, and only one that is there', () => {
  const [a, b] = [member('a'), member('b')] as const;
  const fileAt = filesByPath([a, b]);
  expect([fileAt('b'), fileAt('a')]).toEqual([b, a]);
  expect(() => fileAt('c')).toThrow("no file 'c'");
});
