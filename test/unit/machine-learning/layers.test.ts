import { mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { unpackLayer } from '../../../local/machine-learning/layer.ts';
import { applyLayer } from '../../../local/machine-learning/rootfs.ts';
import { type LayoutImage, tarLayer } from '../../support/machine-learning/oci-layout.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'layers-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

let count = 0;
const unpack = async (files: LayoutImage['layers'][number]): Promise<string> => {
  count += 1;
  const into = join(dir, String(count));
  mkdirSync(into);
  await unpackLayer(Readable.from([gunzipSync(await tarLayer(files))]), into);
  return into;
};
const merge = async (...layers: LayoutImage['layers']): Promise<string> => {
  const rootfs = join(dir, 'rootfs');
  mkdirSync(rootfs);
  for (const layer of layers) await applyLayer(await unpack(layer), rootfs);
  return rootfs;
};

describe('unpackLayer', () => {
  it('writes files, modes, links and directories', async () => {
    const into = await unpack({
      './bin/': { type: 'directory', mode: 0o755 },
      './bin/run': { type: 'file', mode: 0o755 },
      '/etc/name': 'value',
      'etc/alias': { type: 'symlink', linkname: 'name' },
      'etc/same': { type: 'link', linkname: 'etc/name' },
    });
    expect(statSync(join(into, 'bin/run')).mode & 0o777).toBe(0o555);
    expect(readFileSync(join(into, 'etc/same'), 'utf8')).toBe('value');
    expect(readlinkSync(join(into, 'etc/alias'))).toBe('name');
  });

  it.each([
    { case: 'a path that climbs out', files: { '../evil': 'x' } },
    { case: 'a path that climbs out in the middle', files: { 'a/../../evil': 'x' } },
    { case: 'a hard link to the outside', files: { a: { type: 'link', linkname: '../../etc/passwd' } } },
    { case: 'a file behind a symbolic link', files: { out: { type: 'symlink', linkname: '/tmp' }, 'out/evil': 'x' } },
  ] as const)('refuses $case', async ({ files }) => {
    await expect(unpack(files)).rejects.toThrow(/outside its root|behind a symbolic link/);
  });
});

describe('applyLayer', () => {
  it('shares the files of a layer, which nobody may write to', async () => {
    const layer = await unpack({ 'lib/big': 'x' });
    const [one, two] = [join(dir, 'one'), join(dir, 'two')];
    for (const rootfs of [one, two]) {
      mkdirSync(rootfs);
      await applyLayer(layer, rootfs);
    }
    const [first, second] = [one, two].map((rootfs) => statSync(join(rootfs, 'lib/big')));

    expect(first?.ino).toBe(second?.ino);
    expect((first?.mode ?? 0) & 0o222).toBe(0);
    rmSync(join(one, 'lib/big'));
    writeFileSync(join(one, 'lib/big'), 'changed');
    expect(readFileSync(join(two, 'lib/big'), 'utf8')).toBe('x');
  });

  it('lets upper layers replace and add', async () => {
    const rootfs = await merge({ 'a/one': '1', 'a/two': '2' }, { 'a/two': 'changed', 'a/three': '3' });
    expect((await readdir(join(rootfs, 'a'))).sort()).toEqual(['one', 'three', 'two']);
    expect(readFileSync(join(rootfs, 'a/two'), 'utf8')).toBe('changed');
  });

  it('removes what a whiteout names, and everything below an opaque directory', async () => {
    const rootfs = await merge(
      { 'a/one': '1', 'a/two': '2', 'b/below/x': 'x' },
      { 'a/.wh.one': '', 'b/.wh..wh..opq': '', 'b/fresh': 'y' },
    );
    expect(await readdir(join(rootfs, 'a'))).toEqual(['two']);
    expect(await readdir(join(rootfs, 'b'))).toEqual(['fresh']);
  });

  it('makes absolute links lead into the image, never out of it', async () => {
    const rootfs = await merge({
      'usr/lib/x': 'x',
      'opt/lib': { type: 'symlink', linkname: '/usr/lib' },
      'opt/up': { type: 'symlink', linkname: '../../../../usr/lib' },
    });
    expect(readlinkSync(join(rootfs, 'opt/lib'))).toBe('../usr/lib');
    expect(readFileSync(join(rootfs, 'opt/up/x'), 'utf8')).toBe('x');
  });

  it('puts a directory in the place of a link instead of following it', async () => {
    const rootfs = await merge({ 'data/x': 'x', link: { type: 'symlink', linkname: 'data' } }, { 'link/y': 'y' });
    expect(await readdir(join(rootfs, 'data'))).toEqual(['x']);
    expect(await readdir(join(rootfs, 'link'))).toEqual(['y']);
  });
});
