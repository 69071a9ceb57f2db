import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal } from '../../../local/cosmos/storage/journal.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'journal-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('a journal', () => {
  it('has everything on disk that was appended before durable() was called', async () => {
    const path = join(directory, 'j.jsonl');
    const journal = await openJournal(path);
    const linesAfter = async (count: number): Promise<number> => {
      for (let n = 0; n < count; n += 1) journal.append({ n });
      await journal.durable();
      return (await readFile(path, 'utf8')).split('\n').length - 1;
    };
    const counts = await Promise.all([linesAfter(1), linesAfter(3), linesAfter(2)]);
    expect(counts.map((count, index) => count >= ([1, 4, 6][index] ?? 0))).toEqual([true, true, true]);
    await journal.close();
  });

  it('keeps the order of records through many concurrent flushes', async () => {
    const path = join(directory, 'j.jsonl');
    const journal = await openJournal(path);
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        journal.append({ n });
        await journal.durable();
      }),
    );
    await journal.close();
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual(
      Array.from({ length: 200 }, (_, n) => n),
    );
  });

  it('fails for ever once the disk refused a record', async () => {
    const journal = await openJournal('/dev/full');
    journal.append({ n: 1 });
    await expect(journal.durable()).rejects.toThrow('the journal cannot be written');
    await expect(journal.durable()).rejects.toThrow('the journal cannot be written');
    await expect(journal.close()).rejects.toThrow();
  });
});
