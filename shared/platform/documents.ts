/** A stored document: every one has an id that is unique in its partition, and the kind of thing it is. */
export interface Document {
  readonly id: string;
  /** What the document is, such as `rollout`; queries and the relay branch on it. */
  readonly kind: string;
}

/** A document with the tag of the version that was read. */
export interface Stored<T> {
  readonly value: T;
  readonly etag: string;
}

/**
 * One write of an atomic batch.
 *
 * `create` fails the batch when the id exists; `replace` and `delete` when the document is gone or, with `etag`,
 * has changed since it was read; `upsert` never does.
 */
export type Write =
  | { readonly op: 'create'; readonly value: Document }
  | { readonly op: 'upsert'; readonly value: Document }
  | { readonly op: 'replace'; readonly value: Document; readonly etag?: string }
  | { readonly op: 'delete'; readonly id: string; readonly etag?: string };

export type CommitOutcome =
  | { readonly ok: true }
  /** `index` is the write that failed; nothing of the batch was stored. */
  | { readonly ok: false; readonly reason: 'exists' | 'changed' | 'missing'; readonly index: number };

/**
 * A comparison of one property; dots step into objects, as in `wakeUp.at`. Several are ANDed. What a document does not
 * have matches nothing.
 *
 * `like` is SQL's, where only `%` is special, and `ilike` the same whatever the case of ASCII letters is. `contains`
 * wants a list with an element that has these properties, and `lacks` a list without.
 */
export interface Where {
  readonly path: string;
  readonly op: '=' | '!=' | '<' | '<=' | '>' | '>=' | 'startsWith' | 'in' | 'like' | 'ilike' | 'contains' | 'lacks';
  readonly value: string | number | boolean | readonly string[] | Readonly<Record<string, string>>;
}

export interface Query {
  readonly kind: string;
  readonly where?: readonly Where[];
  /** One property. The order among equal values is not defined. */
  readonly orderBy?: { readonly path: string; readonly direction: 'asc' | 'desc' };
  /** 1–1000. */
  readonly limit: number;
  /** `next` of the page before. */
  readonly continuation?: string;
}

export interface Page<T> {
  readonly items: readonly Stored<T>[];
  readonly next?: string;
}

/**
 * One container of partitioned documents. Reading and writing is what Cosmos DB and its emulator both promise:
 * strong inside a partition, atomic per batch, optimistic concurrency by ETag.
 */
export interface Documents {
  /** The document, or undefined when there is none. */
  read<T extends Document>(partition: string, id: string): Promise<Stored<T> | undefined>;
  /**
   * Stores all writes or none (≤ 100 writes, ≤ 2 MB, one partition).
   *
   * @throws SlipwayError PAYLOAD_TOO_LARGE above the limits; TEMPORARILY_UNAVAILABLE or REQUEST_LIMIT_EXCEEDED when
   * the service says so
   */
  commit(partition: string, writes: readonly Write[]): Promise<CommitOutcome>;
  /** A page of one partition, or of the whole container when `partition` is undefined. */
  query<T extends Document>(partition: string | undefined, query: Query): Promise<Page<T>>;
}
