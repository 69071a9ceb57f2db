import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Azurite } from '../../../local/azurite/start-azurite.ts';
import { createBlobs } from '../../../shared/azure/blob/create-blobs.ts';
import type { BlobEntry, Blobs } from '../../../shared/platform/blobs.ts';
import type { BlobContainerName } from '../../../shared/platform/resources.ts';
import { startTestAzurite } from '../../support/azurite.ts';

/** What every `Blobs` promises. Each test writes below a prefix of its own. */
const blobsContract = (name: string, open: () => Blobs): void => {
  describe(`Blobs: ${name}`, () => {
    const collect = async (entries: AsyncIterable<BlobEntry>): Promise<readonly BlobEntry[]> => {
      const all: BlobEntry[] = [];
      for await (const entry of entries) all.push(entry);
      return all;
    };
    const C = 'artifacts';

    it('reads what was written, with size, type and tag', async () => {
      const blobs = open();

      const written = await blobs.write(C, 'plain/a.json', '{"ü":1}', { contentType: 'application/json' });
      const read = await blobs.read(C, 'plain/a.json');

      expect(written.size).toBe(8);
      expect(read).toMatchObject({ size: 8, contentType: 'application/json', etag: written.etag });
      expect(read && (await text(read.stream))).toBe('{"ü":1}');
    });

    it('overwrites', async () => {
      const blobs = open();

      const first = await blobs.write(C, 'again', 'one');
      const second = await blobs.write(C, 'again', new Uint8Array([1, 2]));

      expect(second.etag).not.toBe(first.etag);
      expect(await blobs.stat(C, 'again')).toMatchObject({ size: 2, etag: second.etag });
    });

    it('stores a stream of several blocks, and an empty one', async () => {
      const blobs = open();
      const content = randomBytes(20 * 1024 * 1024);
      const chunks = function* () {
        for (let at = 0; at < content.length; at += 65_537) yield content.subarray(at, at + 65_537);
      };

      const written = await blobs.write(C, 'streamed/large', Readable.from(chunks()));
      const empty = await blobs.write(C, 'streamed/empty', Readable.from([]));
      const read = await blobs.read(C, 'streamed/large');

      expect(written.size).toBe(content.length);
      expect(read && (await buffer(read.stream)).equals(content)).toBe(true);
      expect(empty.size).toBe(0);
      expect(await blobs.stat(C, 'streamed/empty')).toMatchObject({ size: 0 });
    });

    it('stores nothing when the stream breaks', async () => {
      const blobs = open();
      const breaking = Readable.from(
        (function* () {
          yield Buffer.alloc(1000);
          throw new Error('the client went away');
        })(),
      );

      await expect(blobs.write(C, 'broken', breaking)).rejects.toThrow();
      expect(await blobs.stat(C, 'broken')).toBeUndefined();
    });

    it.each([
      ['a string', 'x'],
      ['a stream', 'stream'],
    ])('creates from %s only where there is nothing yet, when asked to', async (_name, kind) => {
      const blobs = open();
      const body = () => (kind === 'stream' ? Readable.from([Buffer.from('x')]) : 'x');
      await blobs.write(C, `once/${kind}`, body(), { ifNoneMatch: '*' });

      await expect(blobs.write(C, `once/${kind}`, body(), { ifNoneMatch: '*' })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
    });

    it('replaces only what is unchanged, when asked to', async () => {
      const blobs = open();
      const first = await blobs.write(C, 'guarded', 'one');
      await blobs.write(C, 'guarded', 'two', { ifMatch: first.etag });

      await expect(blobs.write(C, 'guarded', 'three', { ifMatch: first.etag })).rejects.toMatchObject({
        code: 'PRECONDITION_FAILED',
      });
    });

    it.each([
      [{ start: 2 }, 'cdef'],
      [{ start: 1, end: 3 }, 'bcd'],
      [{ start: 4, end: 100 }, 'ef'],
    ])('reads the bytes %o, and says how large the whole is', async (range, expected) => {
      const blobs = open();
      await blobs.write(C, 'ranged', 'abcdef');

      const read = await blobs.read(C, 'ranged', range);

      expect(read && (await text(read.stream))).toBe(expected);
      expect(read?.size).toBe(6);
    });

    it('refuses a range behind the end', async () => {
      const blobs = open();
      await blobs.write(C, 'ranged', 'abcdef');

      await expect(blobs.read(C, 'ranged', { start: 6 })).rejects.toMatchObject({ code: 'INVALID_PARAMETER_VALUE' });
    });

    const blockId = (of: string, number: number) =>
      Buffer.from(`${of.padEnd(32, '0')}${String(number).padStart(16, '0')}`).toString('base64');

    it('makes a blob of the blocks that are named, in that order, and shows none before', async () => {
      const blobs = open();
      const [one, two, three] = [1, 2, 3].map((number) => blockId('ordered', number)) as [string, string, string];
      await Promise.all([
        blobs.stageBlock(C, 'blocks/ordered', three, Buffer.from('not used')),
        blobs.stageBlock(C, 'blocks/ordered', two, Buffer.from('first,')),
        blobs.stageBlock(C, 'blocks/ordered', one, Buffer.from('then')),
      ]);
      await blobs.stageBlock(C, 'blocks/ordered', one, Buffer.from('second'));
      expect(await blobs.stat(C, 'blocks/ordered')).toBeUndefined();
      expect(await collect(blobs.list(C, 'blocks/'))).toEqual([]);

      await blobs.commitBlocks(C, 'blocks/ordered', [two, one], { contentType: 'text/plain' });

      const read = await blobs.read(C, 'blocks/ordered');
      expect(read?.contentType).toBe('text/plain');
      expect(read && (await text(read.stream))).toBe('first,second');
    });

    it('refuses blocks that are not there, or that were dropped by who committed before', async () => {
      const blobs = open();
      const [mine, theirs] = [blockId('mine', 1), blockId('theirs', 1)];
      await blobs.stageBlock(C, 'blocks/raced', mine, Buffer.from('mine'));
      await blobs.stageBlock(C, 'blocks/raced', theirs, Buffer.from('theirs'));
      await blobs.commitBlocks(C, 'blocks/raced', [theirs]);

      await expect(blobs.commitBlocks(C, 'blocks/raced', [mine])).rejects.toMatchObject({ code: 'RESOURCE_CONFLICT' });
      const read = await blobs.read(C, 'blocks/raced');
      expect(read && (await text(read.stream))).toBe('theirs');
    });

    it('takes a whole stream while blocks wait for the same blob', async () => {
      const blobs = open();
      const waiting = blockId('waiting', 1);
      await blobs.stageBlock(C, 'blocks/shared', waiting, Buffer.from('part'));

      await blobs.write(C, 'blocks/shared', Readable.from([Buffer.from('whole')]));

      const read = await blobs.read(C, 'blocks/shared');
      expect(read && (await text(read.stream))).toBe('whole');
    });

    it('has nothing to read, stat or delete where nothing is', async () => {
      const blobs = open();

      expect(await blobs.read(C, 'nothing')).toBeUndefined();
      expect(await blobs.stat(C, 'nothing')).toBeUndefined();
      expect(await blobs.delete(C, 'nothing')).toBe(false);
    });

    it('deletes once', async () => {
      const blobs = open();
      await blobs.write(C, 'doomed', 'x');

      expect(await blobs.delete(C, 'doomed')).toBe(true);
      expect(await blobs.delete(C, 'doomed')).toBe(false);
      expect(await blobs.stat(C, 'doomed')).toBeUndefined();
    });

    it('knows the MD5 of what it was given whole', async () => {
      const blobs = open();
      await blobs.write(C, 'hashed', 'abc');

      expect(await blobs.stat(C, 'hashed')).toMatchObject({ md5: 'kAFQmDzST7DWlj99KOF/cg==' });
    });

    it('lists everything below a prefix, in order', async () => {
      const blobs = open();
      for (const path of ['list/b', 'list/a/1', 'list/a/2 ü', 'listing']) await blobs.write(C, path, 'xy');

      expect(await collect(blobs.list(C, 'list/'))).toMatchObject([
        { path: 'list/a/1', size: 2, isDirectory: false },
        { path: 'list/a/2 ü', size: 2, isDirectory: false },
        { path: 'list/b', size: 2, isDirectory: false },
      ]);
    });

    it('lists one level with a delimiter', async () => {
      const blobs = open();
      for (const path of ['level/b', 'level/a/1', 'level/a/2']) await blobs.write(C, path, 'xy');

      const entries = await collect(blobs.list(C, 'level/', '/'));

      expect(entries).toHaveLength(2);
      expect(entries).toContainEqual({ path: 'level/a/', size: 0, isDirectory: true });
      expect(entries).toContainEqual(expect.objectContaining({ path: 'level/b', isDirectory: false }));
    });

    it('says which container is missing', async () => {
      const blobs = open();
      const missing = 'missing' as BlobContainerName;
      const expected = { code: 'RESOURCE_DOES_NOT_EXIST', details: { container: 'missing' } };

      await expect(blobs.write(missing, 'a', 'x')).rejects.toMatchObject(expected);
      await expect(blobs.read(missing, 'a')).rejects.toMatchObject(expected);
      await expect(blobs.stat(missing, 'a')).rejects.toMatchObject(expected);
      await expect(blobs.delete(missing, 'a')).rejects.toMatchObject(expected);
      await expect(blobs.stageBlock(missing, 'a', 'YQ==', Buffer.from('x'))).rejects.toMatchObject(expected);
      await expect(blobs.commitBlocks(missing, 'a', [])).rejects.toMatchObject(expected);
      await expect(collect(blobs.list(missing, ''))).rejects.toMatchObject(expected);
    });
  });
};

let azurite: Azurite;
beforeAll(async () => {
  azurite = await startTestAzurite();
});
afterAll(() => azurite.close());

blobsContract('Azure Storage', () => createBlobs({ connectionString: azurite.connectionString }));
