import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { planTar, tarBytes, tarSize } from '../../../shared/packaging/image/tar.ts';

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

  it('opens files only, and tells the hash of each', async () => {
    const opened: string[] = [];
    const hashes: string[] = [];
    const entries = planTar([file('a/b', 3), file('a/c', 0)]);

    await buffer(
      Readable.from(
        tarBytes(entries, {
          open: async (path) => {
            opened.push(path);
            return Readable.from(path === 'a/b' ? [Buffer.from('ab'), Buffer.from('c')] : []);
          },
          onFile: (path, hash) => hashes.push(`${path} ${hash}`),
        }),
      ),
    );

    expect(opened).toEqual(['a/b', 'a/c']);
    expect(hashes).toEqual([
      'a/b ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
      'a/c e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    ]);
  });

  it('reads no further than a file was planned, and says what it saw', async () => {
    let read = 0;
    async function* endless() {
      for (;;) {
        read += 1;
        yield Buffer.from('ab');
        if (read > 10) return;
      }
    }
    const bytes = tarBytes(planTar([file('x', 3)]), {
      open: async () => Readable.from(endless(), { highWaterMark: 1 }),
    });

    await expect(buffer(Readable.from(bytes))).rejects.toMatchObject({ details: { size: 3, seen: 4 } });
    expect(read).toBeLessThan(6);
  });

  it('extends the header for a name above 100 characters only, and a size above 8 GiB only', () => {
    const sizeOf = (path: string, size: number) => tarSize(planTar([file(path, size)])) - size - 1024;
    const most = 8 * 1024 ** 3 - 512;

    expect(sizeOf('x'.repeat(100), 512)).toBe(512);
    expect(sizeOf('x'.repeat(101), 512)).toBe(3 * 512);
    expect(sizeOf('x', most)).toBe(512);
    expect(tarSize(planTar([file('x', 8 * 1024 ** 3 - 1)]))).toBe(8 * 1024 ** 3 + 512 + 1024);
    expect(sizeOf('x', 8 * 1024 ** 3)).toBe(3 * 512);
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
