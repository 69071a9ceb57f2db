import type { Documents, Page, Stored } from '../platform/documents.ts';
import { type JournalEntry, journalWrite } from '../platform/journal.ts';
import { type PackageDocument, packageId } from './package-document.ts';

/** Package documents, in the partition of their registered model. */
export interface PackageStore {
  read(modelId: string, version: string): Promise<Stored<PackageDocument> | undefined>;
  /** Of one model, or of all, the last asked for first; `limit` 1–1000. */
  list(
    modelId: string | undefined,
    page: { readonly limit: number; readonly continuation?: string | undefined },
  ): Promise<Page<PackageDocument>>;
  /** Creates, or replaces the one with `etag`; false when somebody else was faster. */
  save(
    modelId: string,
    next: PackageDocument,
    options?: { readonly etag?: string; readonly entry?: JournalEntry },
  ): Promise<boolean>;
}

/** Packages in the container `registry`. */
export const createPackageStore = (documents: Documents): PackageStore => ({
  read: (modelId, version) => documents.read<PackageDocument>(modelId, packageId(version)),

  list: (modelId, { limit, continuation }) =>
    documents.query<PackageDocument>(modelId, {
      kind: 'package',
      orderBy: { path: 'requestedAt', direction: 'desc' },
      limit,
      ...(continuation === undefined ? {} : { continuation }),
    }),

  async save(modelId, next, { etag, entry } = {}) {
    const outcome = await documents.commit(modelId, [
      etag === undefined ? { op: 'create', value: next } : { op: 'replace', value: next, etag },
      ...(entry === undefined ? [] : [journalWrite(entry)]),
    ]);
    return outcome.ok;
  },
});
