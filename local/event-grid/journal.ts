import { mkdir, open, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Subscription } from './subscription.ts';
import type { AcceptedEvent, Delivery } from './types.ts';

/** The latest record about a thing wins, so replaying the file in order gives the state. */
export type JournalRecord =
  | { readonly kind: 'subscription'; readonly value: Subscription }
  | { readonly kind: 'subscription-deleted'; readonly id: string }
  | { readonly kind: 'event'; readonly value: AcceptedEvent }
  | { readonly kind: 'delivery'; readonly value: Delivery };

export interface Journal {
  /** Resolves when the records are with the operating system, which outlives a killed process. */
  append(records: readonly JournalRecord[]): Promise<void>;
  close(): Promise<void>;
}

/** Forgets everything with the process. */
export const memoryJournal: Journal = { append: async () => {}, close: async () => {} };

const FILE = 'event-grid.jsonl';

/** The records of an earlier process, oldest first. A line torn by a crash was never acknowledged and is skipped. */
export const readJournal = async (dataDir: string): Promise<readonly JournalRecord[]> => {
  const text = await readFile(join(dataDir, FILE), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  // What follows the last line end is either nothing or a torn line.
  lines.pop();
  return lines.map((line) => JSON.parse(line) as JournalRecord);
};

/** A journal that begins with `records`: the file is replaced at once, then appended to. */
export const openJournal = async (dataDir: string, records: readonly JournalRecord[]): Promise<Journal> => {
  await mkdir(dataDir, { recursive: true });
  const path = join(dataDir, FILE);
  await writeFile(`${path}.next`, records.map(toLine).join(''));
  await rename(`${path}.next`, path);
  const file = await open(path, 'a');
  let waiting: string[] = [];
  let tail: Promise<void> = Promise.resolve();

  // All that gathers while one write is under way goes out in the next.
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    const text = waiting.join('');
    waiting = [];
    await file.appendFile(text);
  };

  return {
    append: (these) => {
      waiting.push(...these.map(toLine));
      // After a failed write nothing more is acknowledged: the file may end in half a line.
      tail = tail.then(flush);
      return tail;
    },
    close: async () => {
      await tail.catch(() => undefined);
      await file.close();
    },
  };
};

const toLine = (record: JournalRecord): string => `${JSON.stringify(record)}\n`;
