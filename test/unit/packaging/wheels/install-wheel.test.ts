import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { combine } from '../../../../shared/packaging/environment/wheels/combine.ts';
import { openInstalled } from '../../../../shared/packaging/environment/wheels/open-installed.ts';
import { planInstall } from '../../../../shared/packaging/environment/wheels/plan-install.ts';
import { createBlockCache } from '../../../../shared/packaging/environment/wheels/random-access.ts';
import { readWheel } from '../../../../shared/packaging/environment/wheels/read-wheel.ts';
import { formatRecord, parseRecord } from '../../../../shared/packaging/environment/wheels/record.ts';
import { inMemory, type WheelContent, wheelOf } from '../../../support/packaging/wheels.ts';

const SITE = 'opt/env/lib/python3.11/site-packages';

const installed = async (content: WheelContent) => {
  const { fileName, bytes } = wheelOf(content);
  const wheel = await readWheel(fileName, createBlockCache()(inMemory(bytes)));
  const files = planInstall(wheel, '3.11');
  const contentOf = async (path: string): Promise<string> => {
    const file = files.find((one) => one.path === path);
    if (file === undefined) throw new Error(`no ${path} in ${files.map((one) => one.path).join()}`);
    return text(Readable.from(await openInstalled(wheel.archive, file)));
  };
  return { files, contentOf };
};

describe('a wheel that is installed', () => {
  it('puts every part where pip would put it', async () => {
    const { files } = await installed({
      members: [
        { path: 'demo/__init__.py', content: 'x = 1\n' },
        { path: 'demo/tool', content: 'binary', mode: 0o100755 },
        { path: 'demo-1.0.data/purelib/pure.py', content: '' },
        { path: 'demo-1.0.data/platlib/lib.so', content: 'elf' },
        { path: 'demo-1.0.data/scripts/run', content: '#!/bin/sh\n' },
        { path: 'demo-1.0.data/headers/demo.h', content: '' },
        { path: 'demo-1.0.data/data/share/demo.txt', content: '' },
      ],
      entryPoints: '[console_scripts]\ndemo-cli = demo.cli:main [extra]\n\n[other]\nx = y:z\n',
    });

    expect(files.map(({ path, executable }) => `${executable ? '*' : ' '}${path}`)).toEqual([
      '*opt/env/bin/demo-cli',
      '*opt/env/bin/run',
      ' opt/env/include/site/python3.11/demo/demo.h',
      ` ${SITE}/demo-1.0.dist-info/INSTALLER`,
      ` ${SITE}/demo-1.0.dist-info/METADATA`,
      ` ${SITE}/demo-1.0.dist-info/WHEEL`,
      ` ${SITE}/demo-1.0.dist-info/entry_points.txt`,
      ` ${SITE}/demo/__init__.py`,
      `*${SITE}/demo/tool`,
      ` ${SITE}/lib.so`,
      ` ${SITE}/pure.py`,
      ' opt/env/share/demo.txt',
      ` ${SITE}/demo-1.0.dist-info/RECORD`,
    ]);
  });

  it('has commands that find the environment wherever it is unpacked', async () => {
    const { contentOf } = await installed({ entryPoints: '[console_scripts]\ncli=demo.sub:App.main' });

    expect(await contentOf('opt/env/bin/cli')).toBe(`#!/usr/bin/env python3.11
import os, site, sys
root = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
site.addsitedir(os.path.join(root, "lib", "python3.11", "site-packages"))
from demo.sub import App
sys.exit(App.main())
`);
  });

  it.each([
    ['#!python\nprint(1)\n', '#!/usr/bin/env python3.11\nprint(1)\n'],
    ['#!pythonw -E\nprint(1)\n', '#!/usr/bin/env python3.11\nprint(1)\n'],
    ['#!/usr/bin/perl\n1\n', '#!/usr/bin/perl\n1\n'],
    ['#!pythonic\n', '#!pythonic\n'],
  ])('makes of the script %j the script %j', async (content, expected) => {
    const { files, contentOf } = await installed({ members: [{ path: 'demo-1.0.data/scripts/s', content }] });
    expect(await contentOf('opt/env/bin/s')).toBe(expected);
    expect(files.find(({ path }) => path === 'opt/env/bin/s')?.executable).toBe(true);
  });

  it('records what it installed, not what was in the wheel', async () => {
    const { files, contentOf } = await installed({
      members: [
        { path: 'a,b.py', content: 'x' },
        { path: 'demo-1.0.data/scripts/s', content: '#!python\n' },
      ],
    });
    const record = parseRecord(await contentOf(`${SITE}/demo-1.0.dist-info/RECORD`));
    const paths = [...record.keys()].map((path) =>
      path.startsWith('../../../') ? `opt/env/${path.slice(9)}` : `${SITE}/${path}`,
    );

    expect(paths.sort()).toEqual(files.map(({ path }) => path).sort());
    for (const file of files.filter(({ sha256, path }) => sha256 !== undefined && !path.endsWith('RECORD'))) {
      const name = file.path.startsWith(SITE) ? file.path.slice(SITE.length + 1) : `../../../${file.path.slice(8)}`;
      expect(record.get(name)).toEqual({ path: name, sha256: file.sha256, size: file.size });
    }
  });

  it('has a hash for what its own RECORD lists, and for nothing else of it', async () => {
    const { files, contentOf } = await installed({
      members: [
        { path: 'listed.py', content: 'x' },
        { path: 'unlisted.py', content: 'x' },
      ],
      record: `listed.py,sha256=${Buffer.alloc(32, 1).toString('base64url')},1\n`,
    });
    const hashOf = (name: string) => files.find(({ path }) => path === `${SITE}/${name}`)?.sha256;
    expect(hashOf('listed.py')).toBe('01'.repeat(32));
    expect(hashOf('unlisted.py')).toBeUndefined();
    expect(await contentOf(`${SITE}/demo-1.0.dist-info/RECORD`)).toContain('\nunlisted.py,,1\n');
  });

  it('leaves out what is about another installation', async () => {
    const path = (name: string) => `demo-1.0.dist-info/${name}`;
    const { files, contentOf } = await installed({
      members: [
        { path: path('INSTALLER'), content: 'pip\n' },
        { path: path('REQUESTED'), content: '' },
        { path: path('RECORD.jws'), content: '{}' },
      ],
    });
    expect(await contentOf(`${SITE}/${path('INSTALLER')}`)).toBe('slipway\n');
    expect(files.map((file) => file.path)).not.toContain(`${SITE}/${path('REQUESTED')}`);
    expect(files.map((file) => file.path)).not.toContain(`${SITE}/${path('RECORD.jws')}`);
  });

  it('is read from any byte on as it is read from the first', async () => {
    const content = Array.from({ length: 300_000 }, (_, index) => `${index}\n`).join('');
    const { fileName, bytes } = wheelOf({ members: [{ path: 'big.txt', content }] });
    const wheel = await readWheel(fileName, inMemory(bytes));
    const file = planInstall(wheel, '3.11').find(({ path }) => path.endsWith('big.txt'));
    if (file === undefined) throw new Error('not planned');
    for (const offset of [0, 1, 70_000, content.length - 1]) {
      expect(
        (await text(Readable.from(await openInstalled(wheel.archive, file, offset)))) === content.slice(offset),
      ).toBe(true);
    }
  });
});

describe('a hostile wheel', () => {
  const member = (path: string, more: object = {}) => ({ members: [{ path, content: 'x', ...more }] });

  it.each<[string, WheelContent, RegExp]>([
    ['that leaves its folder', member('../evil.py'), /is no valid zip archive|leaves its folder/],
    ['with an absolute path', member('/etc/passwd'), /absolute/],
    ['with a backslash', member('a\\..\\b'), /backslash|invalid/],
    ['that deletes what is below it', member('.wh.demo'), /begins with .wh./],
    ['with a control character', member('a\nb'), /control character/],
    ['with a link', member('link', { mode: 0o120777 }), /link or a device/],
    ['with a device', member('null', { mode: 0o020666 }), /link or a device/],
    ['with an encrypted member', member('secret', { encrypted: true }), /encrypted/],
    [
      'that has one path twice',
      {
        members: [
          { path: 'a', content: '1' },
          { path: 'a', content: '2' },
        ],
      },
      /is there twice/,
    ],
    ['that says it is enormous', member('bomb', { claims: { size: 4_000_000_000 } }), /which no package does/],
    ['with data outside the schemes', member('demo-1.0.data/etc/passwd'), /belongs nowhere/],
    ['with data for what only looks like a scheme', member('demo-1.0.data/constructor/x'), /belongs nowhere/],
    ['with a file in place of a scheme', member('demo-1.0.data/purelib'), /belongs nowhere/],
    ['whose data holds another RECORD', member('demo-1.0.data/purelib/demo-1.0.dist-info/RECORD'), /twice/],
    ['whose data climbs out', member('demo-1.0.data/data/../../x'), /invalid relative path|leaves its folder/],
    ['with a command that is a path', { entryPoints: '[console_scripts]\n../x = a:b' }, /entry point/],
    ['with a command that is code', { entryPoints: '[console_scripts]\nx = a:b; import os' }, /entry point/],
    ['of another format', { wheel: 'Wheel-Version: 2.0\n' }, /format 2.0/],
    ['with two descriptions', member('other-1.0.dist-info/METADATA'), /has 2 folders/],
    [
      'that installs a command over a script',
      { members: [{ path: 'demo-1.0.data/scripts/x', content: '' }], entryPoints: '[console_scripts]\nx = a:b' },
      /twice/,
    ],
  ])('%s is refused', async (_, content, message) => {
    await expect(installed(content)).rejects.toThrow(message);
  });

  it('that is another package than its name says is refused', async () => {
    const { bytes } = wheelOf({ name: 'evil' });
    await expect(readWheel('demo-1.0-py3-none-any.whl', inMemory(bytes))).rejects.toThrow("holds the package 'evil'");
  });

  it.each([
    ['another checksum', { members: [{ path: 'demo/__init__.py', content: 'x', claims: { crc32: 1 } }] }],
    ['less than it says', { members: [{ path: 'demo/__init__.py', content: 'xy', claims: { size: 3 } }] }],
    ['more than it says', { members: [{ path: 'demo/__init__.py', content: 'xy', claims: { size: 1 } }] }],
    [
      'much more than it says',
      { members: [{ path: 'demo/__init__.py', content: 'x'.repeat(5e6), claims: { size: 2e6 } }] },
    ],
  ])('whose member has %s fails while it is read', async (_, content) => {
    const { contentOf } = await installed(content);
    await expect(contentOf(`${SITE}/demo/__init__.py`)).rejects.toThrow('is not what the archive says it is');
  });

  it('that is cut or garbled anywhere is refused as the wheel’s fault, never as ours', async () => {
    const { fileName, bytes } = wheelOf();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (at, xor, cut) => {
          const damaged = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
          if (!cut) damaged[at] = (damaged[at] ?? 0) ^ xor;
          try {
            const wheel = await readWheel(fileName, createBlockCache()(inMemory(damaged)));
            for (const file of planInstall(wheel, '3.11'))
              await text(Readable.from(await openInstalled(wheel.archive, file)));
          } catch (error) {
            expect(error).toMatchObject({ name: 'WheelRefused' });
          }
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('wheels that are installed together', () => {
  const planOf = async (name: string, members: WheelContent['members']) => ({
    title: name,
    files: (await installed({ name, ...(members && { members }) })).files,
  });
  const one = (path: string, content: string) => [{ path, content }];

  it.each<[string, string, string, string, string, boolean]>([
    ['different content', 'x.py', 'a', 'x.py', 'b', true],
    ['equal content', 'x.py', 'a', 'x.py', 'a', false],
    ['namespaces that differ', 'ns/__init__.py', 'a', 'ns/__init__.py', 'b', false],
    ['a file where the other has a folder', 'x', 'a', 'x/y.py', 'b', true],
    ['a folder where the other has a file', 'x/y.py', 'a', 'x', 'b', true],
    ['one folder', 'ns/a.py', 'a', 'ns/b.py', 'b', false],
  ])('with %s clash or not', async (_, firstPath, first, secondPath, second, clashes) => {
    const combined = combine([await planOf('a', one(firstPath, first)), await planOf('b', one(secondPath, second))]);
    expect('clash' in combined).toBe(clashes);
    if ('clash' in combined) {
      expect([...combined.clash.packages].sort()).toEqual(['a', 'b']);
      return;
    }
    const paths = combined.installations.flatMap(({ files }) => files.map(({ path }) => path));
    expect(new Set(paths).size).toBe(paths.length);
  });
});

describe('RECORD', () => {
  it('is read as it was written, whatever the paths', () => {
    const path = fc
      .string({ minLength: 1, unit: 'grapheme-ascii' })
      .filter((text) => !/[\r\n]/.test(text) && !text.startsWith('./'));
    const row = fc.record({ path, sha256: fc.stringMatching(/^[0-9a-f]{64}$/), size: fc.nat() });
    fc.assert(
      fc.property(fc.uniqueArray(row, { selector: (one) => one.path }), (rows) => {
        expect([...parseRecord(formatRecord(rows)).values()]).toEqual(rows);
      }),
    );
  });
});
