import type { Documents, Page, Stored, Write } from '../documents.ts';
import type { JournalEntry } from '../journal.ts';
import { journalWrite } from '../journal.ts';
import type { TokenDocument } from './token.ts';

const PARTITION = 'token';

/** The tokens in the container `settings`. */
export interface TokenStore {
  read(id: string): Promise<Stored<TokenDocument> | undefined>;
  /** Newest first. */
  list(paging: { readonly limit: number; readonly continuation?: string }): Promise<Page<TokenDocument>>;
  /** Stores a new token, or a changed one when it still has that ETag; false when it has not. */
  put(token: TokenDocument, etag: string | undefined, entry?: JournalEntry): Promise<boolean>;
}

export const createTokenStore = (documents: Documents): TokenStore => ({
  async read(id) {
    const stored = await documents.read<TokenDocument>(PARTITION, id);
    return stored?.value.kind === 'token' ? stored : undefined;
  },

  list: (paging) =>
    documents.query<TokenDocument>(PARTITION, {
      kind: 'token',
      orderBy: { path: 'createdAt', direction: 'desc' },
      ...paging,
    }),

  async put(value, etag, entry) {
    const write: Write = etag === undefined ? { op: 'create', value } : { op: 'replace', value, etag };
    const outcome = await documents.commit(PARTITION, [write, ...(entry === undefined ? [] : [journalWrite(entry)])]);
    return outcome.ok;
  },
});
