import type { Documents } from '../../../shared/platform/documents.ts';

/** Where experiments and runs are kept: a fresh container for each test. */
export interface TrackingFixture {
  createDocuments(): Promise<Documents>;
}
