import type { EpochMs } from '../../../shared/platform/time.ts';
import { conflict, uniqueConflict } from '../cosmos-error.ts';
import type { JsonObject } from '../json.ts';
import type { PartitionKey } from '../partition-key.ts';
import type { Change, Container } from './container.ts';
import { documentRid, etagOf } from './resource-ids.ts';
import { isExpired } from './time-to-live.ts';
import { uniqueKeysOf } from './unique-keys.ts';

const SYSTEM_PROPERTIES = ['_rid', '_self', '_etag', '_attachments', '_ts', '_lsn'];

const withoutSystemProperties = (document: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(document).filter(([name]) => !SYSTEM_PROPERTIES.includes(name)));

interface Staged {
  readonly body: JsonObject | undefined;
  readonly ordinal: number;
}

/** The writes of one request to one partition: seen by its own later reads, by others only once committed. */
export class Transaction {
  readonly container: Container;
  readonly key: PartitionKey;
  readonly #now: EpochMs;
  readonly #staged = new Map<string, Staged>();
  readonly #uniqueKeys = new Map<string, string | undefined>();
  readonly #changes: Change[] = [];
  #lastOrdinal: number;

  constructor(container: Container, key: PartitionKey, now: EpochMs) {
    this.container = container;
    this.key = key;
    this.#now = now;
    this.#lastOrdinal = container.lastOrdinal;
  }

  get changes(): readonly Change[] {
    return this.#changes;
  }

  /** The document as this transaction sees it; undefined when there is none or it has expired. */
  read(id: string): JsonObject | undefined {
    return this.#current(id)?.body;
  }

  /** Stages a new version and returns it with its system properties. @throws CosmosError 409 for a unique key */
  put(id: string, document: JsonObject): JsonObject {
    const current = this.#current(id);
    const ordinal = current?.ordinal ?? this.#nextOrdinal();
    const lsn = this.container.lsn + this.#changes.length + 1;
    const rid = documentRid(this.container.rid, ordinal);
    const body: JsonObject = {
      ...withoutSystemProperties(document),
      _rid: rid,
      _self: `dbs/${this.container.databaseRid}/colls/${this.container.rid}/docs/${rid}/`,
      _etag: etagOf(this.container.rid, lsn),
      _attachments: 'attachments/',
      _ts: Math.floor(this.#now / 1000),
    };
    this.#claimUniqueKeys(id, current?.body, body);
    this.#staged.set(id, { body, ordinal });
    this.#changes.push({ body, lsn, ordinal });
    return body;
  }

  remove(id: string): void {
    const current = this.#current(id);
    this.#releaseUniqueKeys(current?.body);
    this.#staged.set(id, { body: undefined, ordinal: 0 });
    this.#changes.push({ removed: id, lsn: this.container.lsn + this.#changes.length + 1 });
  }

  #current(id: string): { readonly body: JsonObject; readonly ordinal: number } | undefined {
    const staged = this.#staged.get(id);
    if (staged !== undefined)
      return staged.body === undefined ? undefined : { body: staged.body, ordinal: staged.ordinal };
    const stored = this.container.partition(this.key)?.documents.get(id);
    return stored === undefined || isExpired(this.container.definition, stored.body, this.#now) ? undefined : stored;
  }

  #nextOrdinal(): number {
    this.#lastOrdinal += 1;
    return this.#lastOrdinal;
  }

  #claimUniqueKeys(id: string, before: JsonObject | undefined, after: JsonObject): void {
    const keys = uniqueKeysOf(this.container.definition, after);
    if (keys.some((key) => this.#isTaken(key, id))) throw uniqueConflict();
    this.#releaseUniqueKeys(before);
    for (const key of keys) this.#uniqueKeys.set(key, id);
  }

  #releaseUniqueKeys(document: JsonObject | undefined): void {
    if (document === undefined) return;
    for (const key of uniqueKeysOf(this.container.definition, document)) this.#uniqueKeys.set(key, undefined);
  }

  #isTaken(key: string, byOtherThan: string): boolean {
    const stored = this.container.partition(this.key)?.uniqueKeys.get(key);
    const holder = this.#uniqueKeys.has(key) ? this.#uniqueKeys.get(key) : stored;
    return holder !== undefined && holder !== byOtherThan && this.#current(holder) !== undefined;
  }
}

/** @throws CosmosError 409 when the id is there already */
export const assertAbsent = (transaction: Transaction, id: string): void => {
  if (transaction.read(id) !== undefined) throw conflict();
};
