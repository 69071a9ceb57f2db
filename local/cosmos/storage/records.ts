import type { JsonObject } from '../json.ts';
import type { PartitionKey } from '../partition-key.ts';
import type { Change } from './container.ts';

/** One line of the journal: a change that was made in one go. */
export type JournalRecord =
  | { readonly kind: 'database-created'; readonly ordinal: number; readonly resource: JsonObject }
  | { readonly kind: 'database-deleted'; readonly id: string }
  | {
      /** Created or replaced. The counters are there because the highest number may belong to what was deleted. */
      readonly kind: 'container-put';
      readonly database: string;
      readonly ordinal: number;
      readonly resource: JsonObject;
      readonly lsn: number;
      readonly lastOrdinal: number;
    }
  | { readonly kind: 'container-deleted'; readonly database: string; readonly id: string }
  | {
      readonly kind: 'written';
      readonly database: string;
      readonly container: string;
      readonly key: readonly unknown[];
      /** Kept, because it is part of continuation tokens. */
      readonly partitionOrdinal: number;
      readonly changes: readonly Change[];
    }
  /** Numbers given out so far, also to what was deleted since. */
  | { readonly kind: 'counted'; readonly lastOrdinal: number };

/** A component that a document does not have is `{}` in JSON. */
export const keyToRecord = (key: PartitionKey): readonly unknown[] =>
  key.map((part) => (part === undefined ? {} : part));

export const keyFromRecord = (key: readonly unknown[]): PartitionKey =>
  key.map((part) => (typeof part === 'object' && part !== null ? undefined : (part as PartitionKey[number])));
