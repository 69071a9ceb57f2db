import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findPythons } from '../../../local/python/find-pythons.ts';

let machine: string;
beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'pythons-'));
});
afterEach(() => rmSync(machine, { recursive: true }));

/** An interpreter that answers what a real one would. */
const install = (path: string, answer: string): string => {
  const file = join(machine, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${answer}\n`);
  chmodSync(file, 0o755);
  return file;
};
const cpython = (path: string, version: string, own = join(machine, path)) =>
  install(path, `echo "cpython ${version} ${own}"`);

const find = (path: readonly string[] = ['bin'], installations: readonly string[] = ['versions']) =>
  findPythons({
    path: path.map((each) => join(machine, each)).join(delimiter),
    installations: installations.map((each) => join(machine, each)),
  });

describe('findPythons', () => {
  it('finds one of each minor, on PATH and among the installed ones, the oldest first', async () => {
    cpython('bin/python3', '3.11.2');
    cpython('bin/python3.9', '3.9.1');
    cpython('versions/3.10.13/bin/python3.10', '3.10.13');

    expect((await find()).map(({ minor }) => minor)).toEqual(['3.9', '3.10', '3.11']);
  });

  it('takes the later patch of a minor, by number', async () => {
    cpython('bin/python3.11', '3.11.9');
    const later = cpython('versions/3.11.14/bin/python3', '3.11.14');

    expect(await find()).toEqual([{ minor: '3.11', version: '3.11.14', path: later }]);
  });

  it('names the interpreter that a virtual environment was made from', async () => {
    cpython('bin/python3', '3.12.1', '/opt/python/bin/python3.12');

    expect(await find()).toEqual([{ minor: '3.12', version: '3.12.1', path: '/opt/python/bin/python3.12' }]);
  });

  it.each([
    ['fails', 'exit 1'],
    ['is another implementation', 'echo "pypy 3.11.1 /bin/python3"'],
    ['is too old', 'echo "cpython 3.7.16 /bin/python3"'],
    ['is of another generation', 'echo "cpython 2.7.18 /bin/python3"'],
    ['says something else', 'echo "hello"'],
  ])('leaves one out that %s', async (_, answer) => {
    install('bin/python3', answer);

    expect(await find()).toEqual([]);
  });

  it('does not ask shims, and nothing that only looks like an interpreter', async () => {
    cpython('tools/shims/python3', '3.11.7');
    cpython('bin/python3.11-config', '3.11.7');
    mkdirSync(join(machine, 'bin/python3.12'));

    expect(await find(['bin', 'tools/shims', 'nowhere'])).toEqual([]);
  });
});
