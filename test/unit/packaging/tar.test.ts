import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTar, tarBytes } from '../../../shared/packaging/image/tar.ts';

const file = (path: string, size = 1, executable = false) => ({ path, size, executable });

const planOf = (files: Readonly<Record<string, string>>) =>
  planTar(Object.entries(files).map(([path, content]) => file(path, Buffer.byteLength(content))));

const archive = (files: Readonly<Record<string, string>>, from = 0): Promise<Buffer> =>
  buffer(
    Readable.from(
      tarBytes(
        planOf(files),
        async (path, offset) => Readable.from([Buffer.from(files[path] ?? '').subarray(offset)]),
        from,
      ),
    ),
  );

const firstPiece = async (path: string, size: number): Promise<Buffer> => {
  for await (const piece of tarBytes(planTar([file(path, size)]), async () => [])) return piece;
  throw new Error('there is none');
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('tar1', () => {
  it('lists directories before what is in them, in the order of bytes', () => {
    const { members } = planTar([file('b/z'), file('b-a'), file('b/a/c'), file('é')]);

    expect(members.map(({ path }) => path)).toEqual(['b-a', 'b/', 'b/a/', 'b/a/c', 'b/z', 'é']);
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

  it('goes on from any offset with the bytes that follow there, and opens no file before it', async () => {
    const files = { 'a/b': 'x'.repeat(700), 'a/c': '', 'a/d': 'y'.repeat(512), [`${'long/'.repeat(30)}ä`]: 'z' };
    const bytes = await archive(files);

    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: bytes.length }), async (from) => {
        expect((await archive(files, from)).equals(bytes.subarray(from))).toBe(true);
      }),
      {
        numRuns: 200,
        examples: [0, 511, 512, 1024, 1023, bytes.length - 1024, bytes.length].map((at): [number] => [at]),
      },
    );
    const opened: string[] = [];
    const open = async (path: string, offset: number) => {
      opened.push(`${path} ${offset}`);
      return Readable.from([Buffer.from(files[path as 'a/d']).subarray(offset)]);
    };
    const contentStart = planOf(files).members.find(({ path }) => path === 'a/d')?.contentStart ?? 0;
    await buffer(Readable.from(tarBytes(planOf(files), open, contentStart + 100)));
    expect(opened).toEqual(['a/d 100', `${'long/'.repeat(30)}ä 0`]);
  });

  it.each([
    ['the header of an empty file', 1024, ['a/c 0', 'a/d 0']],
    ['the end of an empty file', 1536, ['a/d 0']],
    ['the padding of a file', 2148, []],
    ['the end', 2560, []],
  ])('opens from %s on only what follows', async (_, from, expected) => {
    const plan = planTar([file('a/b', 0), file('a/c', 0), file('a/d', 100)]);
    const opened: string[] = [];
    const open = async (path: string, offset: number) => {
      opened.push(`${path} ${offset}`);
      return path === 'a/d' ? [Buffer.alloc(100 - offset)] : [];
    };
    await buffer(Readable.from(tarBytes(plan, open, from)));

    expect(opened).toEqual(expected);
  });

  it('gives no empty piece, wherever it goes on', async () => {
    const plan = planTar([file('a/b', 700), file('a/c', 0), file('a/d', 512)]);
    const open = async (path: string, offset: number) => [Buffer.alloc((path === 'a/b' ? 700 : 512) - offset)];
    const openFull = async (path: string, offset: number) => (path === 'a/c' ? [] : open(path, offset));
    for (let from = 0; from <= plan.size; from += 1) {
      for await (const { length } of tarBytes(plan, openFull, from)) expect(length).toBeGreaterThan(0);
    }
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
    const bytes = tarBytes(planTar([file('x', 3)]), async () => Readable.from(endless(), { highWaterMark: 1 }));

    await expect(buffer(Readable.from(bytes))).rejects.toMatchObject({ details: { size: 3, seen: 4 } });
    expect(read).toBeLessThan(6);
  });

  it('extends the header for a name above 100 characters only, and a size above 8 GiB only', () => {
    const sizeOf = (path: string, size: number) => planTar([file(path, size)]).size - size - 1024;
    const most = 8 * 1024 ** 3 - 512;

    expect(sizeOf('x'.repeat(100), 512)).toBe(512);
    expect(sizeOf('x'.repeat(101), 512)).toBe(3 * 512);
    expect(sizeOf('x', most)).toBe(512);
    expect(planTar([file('x', 8 * 1024 ** 3 - 1)]).size).toBe(8 * 1024 ** 3 + 512 + 1024);
    expect(sizeOf('x', 8 * 1024 ** 3)).toBe(3 * 512);
  });

  it('knows its size before reading anything', async () => {
    const files = { 'a/b': 'x'.repeat(511), 'a/c': 'x'.repeat(512), 'a/d': '', ä: 'x'.repeat(513) };

    expect(planOf(files).size).toBe((await archive(files)).length);
  });

  it('writes sizes above 8 GiB into an extended header', () => {
    expect(planTar([file('big', 9 * 1024 ** 3)]).size).toBe(512 + 512 + 512 + 9 * 1024 ** 3 + 1024);
  });

  it.each([
    ['in the header up to 8 GiB', 8 * 1024 ** 3 - 1, '77777777777', undefined],
    ['before the header from there on', 8 * 1024 ** 3, '00000000000', '19 size=8589934592\n'],
  ])('writes the size %s', async (_, size, field, record) => {
    const header = await firstPiece('x', size);

    expect(header.subarray(-512).toString('latin1', 124, 136)).toBe(`${field}\0`);
    expect(record === undefined ? header.length : header.toString('latin1', 512, 512 + record.length)).toBe(
      record ?? 512,
    );
  });

  it.each([10, 80, 89, 90, 91, 92, 93, 94, 987, 988, 989, 990, 991, 992])(
    'begins an extended header for a name of %i bytes with its length',
    async (bytes) => {
      const header = await firstPiece(`é${'x'.repeat(bytes - 2)}`, 1);
      const record = header
        .subarray(512, header.length - 512)
        .toString()
        .replace(/\0+$/, '');

      expect(Number.parseInt(record, 10)).toBe(Buffer.byteLength(record));
      expect(record).toMatch(/^\d+ path=éx*\n$/);
    },
  );

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
    const bytes = tarBytes(planTar([file('x', 3)]), async () => Readable.from([Buffer.from(content)]));

    await expect(buffer(Readable.from(bytes))).rejects.toMatchObject({ code: 'INVALID_STATE' });
  });
});
