import type { Documents, Stored } from '../../platform/documents.ts';
import { type JournalEntry, journalWrite } from '../../platform/journal.ts';
import { ENVIRONMENT_ID, type EnvironmentDocument, environmentPartition } from './environment-document.ts';

/** Environment documents, each in a partition of its own. */
export interface EnvironmentStore {
  read(key: string): Promise<Stored<EnvironmentDocument> | undefined>;
  /** Creates, or replaces the one with `etag`; false when somebody else was faster. */
  save(
    next: EnvironmentDocument,
    options?: { readonly etag?: string; readonly entry?: JournalEntry },
  ): Promise<boolean>;
  /** A page, the latest request first. */
  list(options: {
    readonly limit: number;
    readonly continuation?: string;
  }): Promise<{ readonly items: readonly EnvironmentDocument[]; readonly next?: string }>;
}

/** Environments in the container `registry`. */
export const createEnvironmentStore = (documents: Documents): EnvironmentStore => ({
  read: (key) => documents.read<EnvironmentDocument>(environmentPartition(key), ENVIRONMENT_ID),

  async save(next, { etag, entry } = {}) {
    const outcome = await documents.commit(environmentPartition(next.key), [
      etag === undefined ? { op: 'create', value: next } : { op: 'replace', value: next, etag },
      ...(entry === undefined ? [] : [journalWrite(entry)]),
    ]);
    return outcome.ok;
  },

  async list({ limit, continuation }) {
    const page = await documents.query<EnvironmentDocument>(undefined, {
      kind: 'environment',
      orderBy: { path: 'requestedAt', direction: 'desc' },
      limit,
      ...(continuation === undefined ? {} : { continuation }),
    });
    return {
      items: page.items.map(({ value }) => value),
      ...(page.next === undefined ? {} : { next: page.next }),
    };
  },
});
