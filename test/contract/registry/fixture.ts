import type { Documents } from '../../../shared/platform/documents.ts';

/** Where the registry keeps its documents: a fresh container for each test. */
export interface RegistryFixture {
  createDocuments(): Promise<Documents>;
}
