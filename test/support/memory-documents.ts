import type {
  CommitOutcome,
  Document,
  Documents,
  Page,
  Query,
  Stored,
  Where,
  Write,
} from '../../shared/platform/documents.ts';
import { SlipwayError } from '../../shared/platform/errors.ts';

export interface MemoryDocumentsOptions {
  /** The commit (1 is the first) in which the process "dies": before it stores anything, or after it stored all. */
  readonly crashAt?: { readonly commit: number; readonly when: 'before' | 'after' };
}

export interface MemoryDocuments extends Documents {
  /** Everything stored, by partition and id. */
  all(): readonly { readonly partition: string; readonly value: Document }[];
}

interface Entry {
  readonly partition: string;
  readonly stored: Stored<Document>;
}

type Contents = Map<string, Entry>;

const PROPERTY = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const MAX_WRITES = 100;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

const keyOf = (partition: string, id: string): string => JSON.stringify([partition, id]);

const propertyOf = (value: Document, path: string): unknown => {
  if (!PROPERTY.test(path))
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${path}' is not a property that can be queried`);
  return path
    .split('.')
    .reduce<unknown>((at, name) => (at as Record<string, unknown> | null | undefined)?.[name], value);
};

const isOrdered = (left: unknown, right: unknown): left is string | number =>
  typeof left === typeof right && (typeof left === 'string' || typeof left === 'number' || typeof left === 'boolean');

/** A property that is missing matches nothing, not even `!=`: as in Cosmos DB. */
const matches = (document: Document, { path, op, value }: Where): boolean => {
  const actual = propertyOf(document, path);
  if (actual === undefined) return false;
  switch (op) {
    case '=':
      return actual === value;
    case '!=':
      return actual !== value;
    case 'startsWith':
      return typeof actual === 'string' && actual.startsWith(String(value));
    case 'in':
      return Array.isArray(value) && (value as readonly unknown[]).includes(actual);
    default: {
      if (!isOrdered(actual, value)) return false;
      const bound = value as string | number;
      if (op === '<') return actual < bound;
      if (op === '<=') return actual <= bound;
      return op === '>' ? actual > bound : actual >= bound;
    }
  }
};

const assertStorable = (value: Document): void => {
  const reserved = Object.keys(value).find((name) => name === 'partition' || name.startsWith('_'));
  if (reserved === undefined) return;
  throw new SlipwayError('INVALID_PARAMETER_VALUE', `a document must not have a property '${reserved}'`);
};

const assertWithinLimits = (writes: readonly Write[]): void => {
  const isTooMuch = writes.length > MAX_WRITES || Buffer.byteLength(JSON.stringify(writes)) > MAX_BATCH_BYTES;
  if (isTooMuch) throw new SlipwayError('PAYLOAD_TOO_LARGE', 'a commit takes at most 100 writes and 2 MB');
};

const refusal = (before: Entry | undefined, write: Write): 'exists' | 'changed' | 'missing' | undefined => {
  if (write.op === 'upsert') return undefined;
  if (write.op === 'create') return before === undefined ? undefined : 'exists';
  if (before === undefined) return 'missing';
  return write.etag === undefined || write.etag === before.stored.etag ? undefined : 'changed';
};

const byPlace = (left: Entry, right: Entry): number => {
  const [first, second] = [left, right].map(({ partition, stored }) => keyOf(partition, stored.value.id)) as [
    string,
    string,
  ];
  return first === second ? 0 : first < second ? -1 : 1;
};

const compareBy =
  ({ path, direction }: NonNullable<Query['orderBy']>) =>
  (left: Entry, right: Entry): number => {
    const [first, second] = [left, right].map(({ stored }) => propertyOf(stored.value, path) as string | number);
    if (first === second || first === undefined || second === undefined) return byPlace(left, right);
    return first < second === (direction === 'asc') ? -1 : 1;
  };

const encodeToken = (query: string, after: Entry): string =>
  Buffer.from(JSON.stringify({ query, after })).toString('base64url');

const decodeToken = (token: string, query: string): Entry => {
  const refused = (cause?: unknown): SlipwayError =>
    new SlipwayError('INVALID_PARAMETER_VALUE', 'the continuation does not belong to this query', { cause });
  let parsed: { readonly query?: unknown; readonly after?: Entry };
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString()) as typeof parsed;
  } catch (cause) {
    throw refused(cause);
  }
  if (parsed.query !== query || parsed.after === undefined) throw refused();
  return parsed.after;
};

const runQuery = <T extends Document>(contents: Contents, partition: string | undefined, query: Query): Page<T> => {
  const { kind, where = [], orderBy, limit, continuation } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', 'limit must be a whole number from 1 to 1000');
  }
  const identity = JSON.stringify([partition ?? null, kind, where, orderBy ?? null]);
  const compare = orderBy === undefined ? byPlace : compareBy(orderBy);
  const after = continuation === undefined ? undefined : decodeToken(continuation, identity);
  const found = [...contents.values()]
    .filter((entry) => partition === undefined || entry.partition === partition)
    .filter(({ stored: { value } }) => value.kind === kind && where.every((one) => matches(value, one)))
    .filter(({ stored }) => orderBy === undefined || propertyOf(stored.value, orderBy.path) !== undefined)
    .filter((entry) => after === undefined || compare(entry, after) > 0)
    .sort(compare);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const items = page.map(({ stored }) => structuredClone(stored) as Stored<T>);
  return found.length > page.length && last !== undefined ? { items, next: encodeToken(identity, last) } : { items };
};

/** What a write makes of the contents; the reason when it may not. */
const applyWrite = (
  draft: Contents,
  partition: string,
  write: Write,
  nextEtag: () => string,
): ReturnType<typeof refusal> => {
  const key = keyOf(partition, write.op === 'delete' ? write.id : write.value.id);
  const reason = refusal(draft.get(key), write);
  if (reason !== undefined) return reason;
  if (write.op === 'delete') draft.delete(key);
  else {
    const value = JSON.parse(JSON.stringify(write.value)) as Document;
    draft.set(key, { partition, stored: { value, etag: nextEtag() } });
  }
  return undefined;
};

class MemoryContainer {
  #contents: Contents = new Map();
  #versionCount = 0;
  #commitCount = 0;
  readonly #crashAt: MemoryDocumentsOptions['crashAt'];

  constructor({ crashAt }: MemoryDocumentsOptions) {
    this.#crashAt = crashAt;
  }

  get contents(): Contents {
    return this.#contents;
  }

  commit(partition: string, writes: readonly Write[]): CommitOutcome {
    this.#commitCount += 1;
    this.#crash('before');
    for (const write of writes) if (write.op !== 'delete') assertStorable(write.value);
    assertWithinLimits(writes);
    const draft: Contents = new Map(this.#contents);
    for (const [index, write] of writes.entries()) {
      const reason = applyWrite(draft, partition, write, () => this.#nextEtag());
      if (reason !== undefined) return { ok: false, reason, index };
    }
    this.#contents = draft;
    this.#crash('after');
    return { ok: true };
  }

  #nextEtag(): string {
    this.#versionCount += 1;
    return `"${this.#versionCount}"`;
  }

  #crash(when: 'before' | 'after'): void {
    if (this.#crashAt?.commit !== this.#commitCount || this.#crashAt.when !== when) return;
    throw new SlipwayError('TEMPORARILY_UNAVAILABLE', `the process dies ${when} commit ${this.#commitCount}`);
  }
}

/** `Documents` in memory, with the same promises as the container in Cosmos DB: the contract suite runs on both. */
export const createMemoryDocuments = (options: MemoryDocumentsOptions = {}): MemoryDocuments => {
  const container = new MemoryContainer(options);
  return {
    read: async <T extends Document>(partition: string, id: string) => {
      const entry = container.contents.get(keyOf(partition, id));
      return entry === undefined ? undefined : (structuredClone(entry.stored) as Stored<T>);
    },
    commit: async (partition, writes) => container.commit(partition, writes),
    query: async <T extends Document>(partition: string | undefined, query: Query) =>
      runQuery<T>(container.contents, partition, query),
    all: () =>
      [...container.contents.values()]
        .sort(byPlace)
        .map(({ partition, stored }) => ({ partition, value: stored.value })),
  };
};
