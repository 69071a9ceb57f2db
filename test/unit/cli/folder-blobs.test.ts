import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFolderBlobs } from '../../../cli/folder-blobs.ts';

describe('blobs in a folder', () => {
  let folder: string;
  let blobs: ReturnType<typeof createFolderBlobs>;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'folder-blobs-'));
    blobs = createFolderBlobs(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const read = async (path: string, range?: { readonly start: number; readonly end?: number }) => {
    const blob = await blobs.read('images', path, range);
    return blob && { ...blob, text: await text(blob.stream) };
  };

  it('keep what is written, whole or in part', async () => {
    await blobs.write('images', 'a/b', 'hello');
    await blobs.write('images', 'a/c', Readable.from(['hel', 'lo']));

    expect(await read('a/b')).toMatchObject({ text: 'hello', size: 5 });
    expect(await read('a/c', { start: 1, end: 3 })).toMatchObject({ text: 'ell', size: 5 });
    expect(await blobs.stat('images', 'a/b')).toMatchObject({ size: 5 });
  });

  it('are not there before they are written, nor after they are deleted', async () => {
    expect(await read('a')).toBeUndefined();
    expect(await blobs.delete('images', 'a')).toBe(false);
    await blobs.write('images', 'a', 'x');
    expect(await blobs.delete('images', 'a')).toBe(true);
    expect(await blobs.stat('images', 'a')).toBeUndefined();
  });

  it('are written under a condition only while it holds', async () => {
    const { etag } = await blobs.write('images', 'a', '1', { ifNoneMatch: '*' });
    await expect(blobs.write('images', 'a', '2', { ifNoneMatch: '*' })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    await blobs.write('images', 'a', '22', { ifMatch: etag });
    await expect(blobs.write('images', 'a', '3', { ifMatch: etag })).rejects.toMatchObject({
      code: 'PRECONDITION_FAILED',
    });
    expect(await read('a')).toMatchObject({ text: '22' });
  });

  it('are made once by many at the same time', async () => {
    const writes = Array.from({ length: 8 }, () => blobs.write('images', 'a', 'x', { ifNoneMatch: '*' }));
    const done = await Promise.allSettled(writes);

    expect(done.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['a']);
  });

  it('leave nothing behind when their content fails', async () => {
    const broken = new Readable({
      read() {
        this.push('part');
        this.destroy(new Error('it broke'));
      },
    });

    await expect(blobs.write('images', 'a', broken)).rejects.toThrow('it broke');
    expect(await readdir(folder)).toEqual([]);
  });
});
