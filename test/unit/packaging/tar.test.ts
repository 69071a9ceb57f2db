import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { planTar, tarBytes, tarSize } from '../../../shared/packaging/tar.ts';

const file = (path: string, size = 1, executable = false) => ({ path, size, executable });

const archive = (files: Readonly<Record<string, string>>): Promise<Buffer> => {
  const entries = planTar(Object.entries(files).map(([path, content]) => file(path, Buffer.byteLength(content))));
  return buffer(
    Readable.from(tarBytes(entries, { open: async (path) => Readable.from([Buffer.from(files[path] ?? '')]) })),
  );
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('tar1', () => {
  it('lists directories before what is in them, in the order of bytes', () => {
    const entries = planTar([file('b/z'), file('b-a'), file('b/a/c'), file('é')]);

    expect(entries.map(({ path }) => path)).toEqual(['b-a', 'b/', 'b/a/', 'b/a/c', 'b/z', 'é']);
  });

  it('gives the bytes it has always given', async () => {
    const bytes = await archive({ 'opt/ml/model/MLmodel': 'flavors: {}\n', 'opt/ml/model/model.onnx': 'graph' });

    expect(bytes.length).toBe(4608);
    expect(sha256(bytes)).toBe('800f9ab8d82524f44e75f5894b3bdebd0b0b88443423d12bb2ab4b97d4a042e2');
  });

  it('gives the bytes it has always given for names that need an extended header', async () => {
    const bytes = await archive({ [`opt/${'long/'.repeat(30)}name`]: 'a', 'opt/modèle.bin': 'b' });

    expect(sha256(bytes)).toBe('39a62be1a33d75f3dc1123f82797e71b99c00b188ecbd0794759f45225228555');
  });

  it('knows its size before reading anything', async () => {
    const files = { 'a/b': 'x'.repeat(511), 'a/c': 'x'.repeat(512), 'a/d': '', ä: 'x'.repeat(513) };
    const entries = planTar(Object.entries(files).map(([path, content]) => file(path, content.length)));

    expect(tarSize(entries)).toBe((await archive(files)).length);
  });

  it('writes sizes above 8 GiB into an extended header', () => {
    expect(tarSize(planTar([file('big', 9 * 1024 ** 3)]))).toBe(512 + 512 + 512 + 9 * 1024 ** 3 + 1024);
  });

  it.each([
    ['', 'is empty'],
    ['/etc/passwd', 'is absolute'],
    ['../x', 'leaves its folder'],
    ['a/../../x', 'leaves its folder'],
    ['a//b', 'empty part'],
    ['./a', 'leaves its folder'],
    ['a\\b', 'backslash'],
    ['a\0b', 'control character'],
    ['a/.wh.b', '.wh.'],
    ['.wh..wh..opq', '.wh.'],
    ['a'.repeat(1025), 'longer than'],
  ])('refuses the path %j', (path, reason) => {
    expect(() => planTar([file(path)])).toThrow(reason);
  });

  it('refuses the same path twice, and a path that is both file and directory', () => {
    expect(() => planTar([file('a'), file('a')])).toThrow('is there twice');
    expect(() => planTar([file('a'), file('a/b')])).toThrow('both a file and a directory');
  });

  it.each([
    ['shorter', 'ab'],
    ['longer', 'abcd'],
  ])('stops when a file is %s than listed', async (_, content) => {
    const bytes = tarBytes(planTar([file('x', 3)]), { open: async () => Readable.from([Buffer.from(content)]) });

    await expect(buffer(Readable.from(bytes))).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});
