import type { JsonObject } from '../json.ts';
import { hasPrefix, keyText, type PartitionKey } from '../partition-key.ts';
import { ChangeLog } from './change-log.ts';
import type { ContainerDefinition } from './container-definition.ts';
import { DocumentIndex } from './document-index.ts';
import { Partition, type StoredDocument } from './partition.ts';
import { uniqueKeysOf } from './unique-keys.ts';

/** What a committed write changes, as it is journaled: the new version, or the id that is gone. */
export type Change =
  | { readonly body: JsonObject; readonly lsn: number; readonly ordinal: number }
  | { readonly removed: string; readonly lsn: number };

export class Container {
  readonly rid: string;
  readonly databaseRid: string;
  readonly log = new ChangeLog();
  readonly partitions = new Map<string, Partition>();
  readonly index = new DocumentIndex(() => this.#documents());
  documentCount = 0;
  definition: ContainerDefinition;
  /** The resource as it is answered. */
  resource: JsonObject;
  /** Number of the last change. */
  lsn = 0;
  lastOrdinal = 0;
  #lastPartitionOrdinal = 0;

  constructor(databaseRid: string, rid: string, definition: ContainerDefinition, resource: JsonObject) {
    this.databaseRid = databaseRid;
    this.rid = rid;
    this.definition = definition;
    this.resource = resource;
  }

  partition(key: PartitionKey): Partition | undefined {
    return this.partitions.get(keyText(key));
  }

  /** The partitions under a key, which may be a prefix of a hierarchical one; all when it is undefined. */
  partitionsUnder(key: PartitionKey | undefined): readonly Partition[] {
    if (key === undefined) return [...this.partitions.values()];
    if (key.length < this.definition.partitionKey.paths.length) {
      return [...this.partitions.values()].filter((partition) => hasPrefix(partition.key, key));
    }
    const partition = this.partition(key);
    return partition === undefined ? [] : [partition];
  }

  /** The place of a partition in scans; of one that does not exist yet: the next. */
  partitionOrdinal(key: PartitionKey): number {
    return this.partition(key)?.ordinal ?? this.#lastPartitionOrdinal + 1;
  }

  /** Makes changes visible: of one request, in one go. */
  apply(key: PartitionKey, changes: readonly Change[], partitionOrdinal: number): void {
    const text = keyText(key);
    const partition = this.partitions.get(text) ?? new Partition(key, partitionOrdinal);
    this.partitions.set(text, partition);
    this.#lastPartitionOrdinal = Math.max(this.#lastPartitionOrdinal, partitionOrdinal);
    for (const change of changes) {
      this.lsn = Math.max(this.lsn, change.lsn);
      if ('removed' in change) this.#remove(partition, change.removed);
      else this.#put(partition, change);
    }
    if (partition.documents.size === 0) this.partitions.delete(text);
  }

  *#documents(): Generator<StoredDocument> {
    for (const { documents } of this.partitions.values()) yield* documents.values();
  }

  #put(partition: Partition, change: Extract<Change, { body: JsonObject }>): void {
    const id = String(change.body['id']);
    const before = partition.documents.get(id);
    if (before === undefined) this.documentCount += 1;
    else this.#forget(partition, before);
    // An expired document is followed by a new one at the end of the scan order, not in its place.
    if (before !== undefined && before.ordinal !== change.ordinal) partition.documents.delete(id);
    const bytes = Buffer.byteLength(JSON.stringify(change.body));
    const stored: StoredDocument = { ...change, id, bytes, partition };
    partition.documents.set(id, stored);
    for (const unique of uniqueKeysOf(this.definition, change.body)) partition.uniqueKeys.set(unique, id);
    this.lastOrdinal = Math.max(this.lastOrdinal, change.ordinal);
    this.log.append(stored);
    this.index.add(stored);
  }

  #remove(partition: Partition, id: string): void {
    const before = partition.documents.get(id);
    if (before === undefined) return;
    partition.documents.delete(id);
    this.documentCount -= 1;
    this.#forget(partition, before);
  }

  #forget(partition: Partition, before: StoredDocument): void {
    for (const unique of uniqueKeysOf(this.definition, before.body)) partition.uniqueKeys.delete(unique);
    this.log.supersede();
    this.index.remove(before);
  }
}
