import { join } from 'node:path';
import type { Clock } from '../../../shared/platform/time.ts';
import { Account } from './account.ts';
import { createMemoryJournal, type Journal, openJournal } from './journal.ts';
import { compact, load } from './snapshot.ts';

export interface Storage {
  readonly account: Account;
  readonly journal: Journal;
}

/** What a data directory holds, read back and compacted; an empty account in memory when there is none. */
export const openStorage = async (dataDir: string | undefined, now: Clock): Promise<Storage> => {
  if (dataDir === undefined) {
    const journal = createMemoryJournal();
    return { account: new Account(journal, now), journal };
  }
  const path = join(dataDir, 'cosmos.jsonl');
  const account = new Account(createMemoryJournal(), now);
  await load(path, account);
  await compact(path, account);
  const journal = await openJournal(path);
  account.journalTo(journal);
  return { account, journal };
};
