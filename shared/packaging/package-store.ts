import type { Documents, Stored } from '../platform/documents.ts';
import { type JournalEntry, journalWrite } from '../platform/journal.ts';
import { type PackageDocument, packageId } from './package-document.ts';

/** Package documents, in the partition of their registered model. */
export interface PackageStore {
  read(modelId: string, version: string): Promise<Stored<PackageDocument> | undefined>;
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

  async save(modelId, next, { etag, entry } = {}) {
    const outcome = await documents.commit(modelId, [
      etag === undefined ? { op: 'create', value: next } : { op: 'replace', value: next, etag },
      ...(entry === undefined ? [] : [journalWrite(entry)]),
    ]);
    return outcome.ok;
  },
});
