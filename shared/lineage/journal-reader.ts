import type { Documents, Where } from '../platform/documents.ts';
import type { JournalEntry } from '../platform/journal.ts';

/** Entries of one kind that a lineage shows at most. */
const MOST_ENTRIES = 1_000;
const PAGE = 250;

/** Reads journals, and remembers whether anything was left out. */
export interface JournalReader {
  /** Entries in order of time, the oldest first. */
  read(journal: Documents, partition: string | undefined, where: readonly Where[]): Promise<readonly JournalEntry[]>;
  /** Says that something was left out. */
  leaveOut(): void;
  readonly truncated: boolean;
}

/** A reader for one lineage. */
export const createJournalReader = (most = MOST_ENTRIES): JournalReader => {
  let truncated = false;
  return {
    get truncated() {
      return truncated;
    },
    leaveOut() {
      truncated = true;
    },
    async read(journal, partition, where) {
      const found: JournalEntry[] = [];
      let continuation: string | undefined;
      do {
        const page = await journal.query<JournalEntry>(partition, {
          kind: 'journal',
          where,
          orderBy: { path: 'time', direction: 'asc' },
          limit: PAGE,
          ...(continuation === undefined ? {} : { continuation }),
        });
        found.push(...page.items.map(({ value }) => value));
        continuation = page.next;
      } while (continuation !== undefined && found.length < most);
      if (continuation !== undefined || found.length > most) truncated = true;
      return found.slice(0, most);
    },
  };
};
