import type { JsonObject } from '../json.ts';
import type { PartitionKey } from '../partition-key.ts';

/** One version of a document. Never changed: a write makes another one. */
export interface StoredDocument {
  /** With the system properties `_rid`, `_self`, `_etag`, `_attachments` and `_ts`. */
  readonly body: JsonObject;
  readonly id: string;
  /** Position in the container's change feed. */
  readonly lsn: number;
  /** Position in scans: the order of creation in the container. */
  readonly ordinal: number;
  readonly bytes: number;
  readonly partition: Partition;
}

/** The documents of one partition key value. */
export class Partition {
  readonly key: PartitionKey;
  readonly ordinal: number;
  /** In the order of creation: an id keeps its place until it is deleted. */
  readonly documents = new Map<string, StoredDocument>();
  /** Document id by unique key. */
  readonly uniqueKeys = new Map<string, string>();
  #effectiveKey: string | undefined;

  constructor(key: PartitionKey, ordinal: number) {
    this.key = key;
    this.ordinal = ordinal;
  }

  /** Hashing is slow and only feed ranges need it, so it waits until the first time. */
  effectiveKey(hash: (key: PartitionKey) => string): string {
    this.#effectiveKey ??= hash(this.key);
    return this.#effectiveKey;
  }
}
