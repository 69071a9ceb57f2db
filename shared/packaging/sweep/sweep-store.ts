import type { Document, Documents, Stored } from '../../platform/documents.ts';
import { type JournalEntry, journalWrite } from '../../platform/journal.ts';
import type { EpochMs } from '../../platform/time.ts';
import { type BuiltPackageDocument, type PackageDocument, packageId } from '../package-document.ts';

/** An image whose package is gone already, and which follows when it is due. */
export interface ImageRemoval extends Document {
  readonly kind: 'image-removal';
  readonly model: string;
  readonly modelId: string;
  readonly version: string;
  readonly repository: string;
  readonly digest: string;
  readonly dueAt: EpochMs;
}

export interface SweepStore {
  /** Every built package that knows its model's id. */
  builtPackages(): AsyncIterable<Stored<BuiltPackageDocument & { readonly modelId: string }>>;
  readPackage(modelId: string, version: string): Promise<PackageDocument | undefined>;
  /** Puts the removal of its image in the place of an unchanged package; false when somebody was faster. */
  replace(stored: Stored<PackageDocument>, removal: ImageRemoval, entry: JournalEntry): Promise<boolean>;
  /** What is due by then. */
  removals(dueBy: EpochMs): AsyncIterable<ImageRemoval>;
  forget(removal: ImageRemoval): Promise<void>;
}

const PAGE = 100;

/** In the container `registry`, in the partition of the model. */
export const createSweepStore = (documents: Documents): SweepStore => {
  async function* all<T extends Document>(
    kind: string,
    where: NonNullable<Parameters<Documents['query']>[1]['where']>,
  ): AsyncGenerator<Stored<T>> {
    let continuation: string | undefined;
    do {
      const query = { kind, where, limit: PAGE, ...(continuation === undefined ? {} : { continuation }) };
      const page = await documents.query<T>(undefined, query);
      yield* page.items;
      continuation = page.next;
    } while (continuation !== undefined);
  }
  return {
    async *builtPackages() {
      const built = [{ path: 'phase', op: '=', value: 'built' }] as const;
      for await (const { value, etag } of all<BuiltPackageDocument>('package', built)) {
        const { modelId } = value;
        if (modelId !== undefined) yield { value: { ...value, modelId }, etag };
      }
    },
    readPackage: async (modelId, version) =>
      (await documents.read<PackageDocument>(modelId, packageId(version)))?.value,
    replace: async ({ value, etag }, removal, entry) => {
      const writes = [
        { op: 'delete', id: value.id, etag },
        { op: 'upsert', value: removal },
        journalWrite(entry),
      ] as const;
      return (await documents.commit(removal.modelId, writes)).ok;
    },
    async *removals(dueBy) {
      const due = [{ path: 'dueAt', op: '<=', value: dueBy }] as const;
      for await (const { value } of all<ImageRemoval>('image-removal', due)) yield value;
    },
    forget: async ({ modelId, id }) => {
      await documents.commit(modelId, [{ op: 'delete', id }]);
    },
  };
};
