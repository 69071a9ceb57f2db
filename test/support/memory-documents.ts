import { compareByCodePoint } from '../../shared/platform/code-points.ts';
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
  /** What decides between entries that are otherwise equal. */
  readonly place: string;
}

/** Entries by partition and id. */
type Contents = Map<string, Map<string, Entry>>;

const PROPERTY = /^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*$/;
const MAX_WRITES = 100;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

type Reader = (value: Document) => unknown;

const propertyOf = (path: string): Reader => {
  if (!PROPERTY.test(path))
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `'${path}' is not a property that can be queried`);
  const [first = '', ...rest] = path.split('.');
  return (value) =>
    rest.reduce<unknown>(
      (at, name) => (at as Record<string, unknown> | null | undefined)?.[name],
      (value as unknown as Record<string, unknown>)[first],
    );
};

const isOrdered = (left: unknown, right: unknown): left is string | number =>
  typeof left === typeof right && (typeof left === 'string' || typeof left === 'number' || typeof left === 'boolean');

const compareValues = (left: string | number | boolean, right: string | number | boolean): number =>
  typeof left === 'string' ? compareByCodePoint(left, String(right)) : Number(left) - Number(right);

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

const likePattern = (pattern: string, flags: string): RegExp =>
  new RegExp(`^${pattern.split('%').map(escaped).join('.*')}$`, flags);

const hasAll = (element: unknown, wanted: Where['value']): boolean =>
  Object.entries(wanted).every(([name, value]) => (element as Record<string, unknown> | null)?.[name] === value);

/** A property that is missing matches nothing, not even `!=`: as in Cosmos DB. */
const condition = ({ path, op, value }: Where): ((document: Document) => boolean) => {
  const read = propertyOf(path);
  const test = testOf(op, value);
  return (document) => {
    const actual = read(document);
    return actual !== undefined && test(actual);
  };
};

const testOf = (op: Where['op'], value: Where['value']): ((actual: unknown) => boolean) => {
  switch (op) {
    case '=':
      return (actual) => actual === value;
    case '!=':
      return (actual) => actual !== value;
    case 'startsWith':
      return (actual) => typeof actual === 'string' && actual.startsWith(String(value));
    case 'like':
    case 'ilike': {
      const pattern = likePattern(String(value), op === 'like' ? 's' : 'is');
      return (actual) => typeof actual === 'string' && pattern.test(actual);
    }
    case 'contains':
      return (actual) => Array.isArray(actual) && actual.some((element) => hasAll(element, value));
    case 'lacks':
      return (actual) => Array.isArray(actual) && !actual.some((element) => hasAll(element, value));
    case 'in': {
      const options = new Set<unknown>(Array.isArray(value) ? value : []);
      return (actual) => options.has(actual);
    }
    default:
      return (actual) => isOrdered(actual, value) && holdsInOrder(op, compareValues(actual, value as string | number));
  }
};

const holdsInOrder = (op: '<' | '<=' | '>' | '>=', order: number): boolean => {
  if (op === '<') return order < 0;
  if (op === '<=') return order <= 0;
  return op === '>' ? order > 0 : order >= 0;
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

const byPlace = (left: Entry, right: Entry): number =>
  left.place === right.place ? 0 : left.place < right.place ? -1 : 1;

const compareBy = ({ path, direction }: NonNullable<Query['orderBy']>) => {
  const read = propertyOf(path);
  return (left: Entry, right: Entry): number => {
    const first = read(left.stored.value) as string | number | undefined;
    const second = read(right.stored.value) as string | number | undefined;
    if (first === second || first === undefined || second === undefined) return byPlace(left, right);
    return direction === 'asc' ? compareValues(first, second) : compareValues(second, first);
  };
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

const entriesOf = (contents: Contents, partition: string | undefined): readonly Entry[] =>
  partition === undefined
    ? [...contents.values()].flatMap((entries) => [...entries.values()])
    : [...(contents.get(partition)?.values() ?? [])];

/** The first of many in order, without sorting them all. */
const firstOf = (entries: readonly Entry[], count: number, compare: typeof byPlace): readonly Entry[] => {
  let kept: Entry[] = [];
  let last: Entry | undefined;
  for (const entry of entries) {
    if (last !== undefined && compare(entry, last) > 0) continue;
    kept.push(entry);
    if (kept.length < 3 * count) continue;
    kept = kept.sort(compare).slice(0, count);
    last = kept.at(-1);
  }
  return kept.sort(compare).slice(0, count);
};

const runQuery = <T extends Document>(contents: Contents, partition: string | undefined, query: Query): Page<T> => {
  const { kind, where = [], orderBy, limit, continuation } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', 'limit must be a whole number from 1 to 1000');
  }
  const identity = JSON.stringify([partition ?? null, kind, where, orderBy ?? null]);
  const compare = orderBy === undefined ? byPlace : compareBy(orderBy);
  const after = continuation === undefined ? undefined : decodeToken(continuation, identity);
  const conditions = where.map(condition);
  const sortValue: Reader = orderBy === undefined ? ({ id }) => id : propertyOf(orderBy.path);
  const matching = entriesOf(contents, partition)
    .filter(({ stored: { value } }) => value.kind === kind && conditions.every((holds) => holds(value)))
    .filter(
      (entry) => sortValue(entry.stored.value) !== undefined && (after === undefined || compare(entry, after) > 0),
    );
  const found = firstOf(matching, limit + 1, compare);
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const items = page.map(({ stored }) => structuredClone(stored) as Stored<T>);
  return found.length > page.length && last !== undefined ? { items, next: encodeToken(identity, last) } : { items };
};

/** What a write makes of the entries of its partition; the reason when it may not. */
const applyWrite = (
  draft: Map<string, Entry>,
  partition: string,
  write: Write,
  nextEtag: () => string,
): ReturnType<typeof refusal> => {
  const id = write.op === 'delete' ? write.id : write.value.id;
  const reason = refusal(draft.get(id), write);
  if (reason !== undefined) return reason;
  if (write.op === 'delete') draft.delete(id);
  else {
    const value = JSON.parse(JSON.stringify(write.value)) as Document;
    draft.set(id, { partition, stored: { value, etag: nextEtag() }, place: JSON.stringify([partition, id]) });
  }
  return undefined;
};

class MemoryContainer {
  readonly contents: Contents = new Map();
  #versionCount = 0;
  #commitCount = 0;
  readonly #crashAt: MemoryDocumentsOptions['crashAt'];

  constructor({ crashAt }: MemoryDocumentsOptions) {
    this.#crashAt = crashAt;
  }

  commit(partition: string, writes: readonly Write[]): CommitOutcome {
    this.#commitCount += 1;
    this.#crash('before');
    for (const write of writes) if (write.op !== 'delete') assertStorable(write.value);
    assertWithinLimits(writes);
    const draft = new Map(this.contents.get(partition));
    for (const [index, write] of writes.entries()) {
      const reason = applyWrite(draft, partition, write, () => this.#nextEtag());
      if (reason !== undefined) return { ok: false, reason, index };
    }
    this.contents.set(partition, draft);
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
      const entry = container.contents.get(partition)?.get(id);
      return entry === undefined ? undefined : (structuredClone(entry.stored) as Stored<T>);
    },
    commit: async (partition, writes) => container.commit(partition, writes),
    query: async <T extends Document>(partition: string | undefined, query: Query) =>
      runQuery<T>(container.contents, partition, query),
    all: () =>
      [...entriesOf(container.contents, undefined)]
        .sort(byPlace)
        .map(({ partition, stored }) => ({ partition, value: stored.value })),
  };
};
