import type { Json } from '../json.ts';
import { type Conjunct, conjunctsOf, pathOf, rootAlias } from '../sql/conjuncts.ts';
import { decodeContinuation } from '../sql/continuation.ts';
import type { ParsedQuery } from '../sql/parse-query.ts';
import type { Container } from '../storage/container.ts';
import type { Term } from '../storage/document-index.ts';
import type { Partition, StoredDocument } from '../storage/partition.ts';
import type { SortOrder } from '../storage/sorted-documents.ts';

/** So many documents are looked at one by one as fast as an index finds the right ones. */
const FEW = 1_000;

export interface Scan {
  readonly documents: Iterable<StoredDocument>;
  /** Whether they come in the order that the query asks for. */
  readonly isSorted: boolean;
}

export interface ScanRequest {
  readonly query: ParsedQuery;
  readonly parameters: ReadonlyMap<string, Json>;
  readonly continuation: string | undefined;
}

/**
 * The documents that a query has to look at: all that it can find and, where there are many, few others. Those of one
 * partition when it is given.
 */
export const scan = (container: Container, partition: Partition | undefined, request: ScanRequest): Scan => {
  const size = partition === undefined ? container.documentCount : partition.documents.size;
  const everything = { documents: allOf(container, partition), isSorted: false };
  if (size <= FEW) return everything;
  const conjuncts = conjunctsOf(request.query.select, request.parameters);
  const best = cheapest(container, conjuncts);
  if (best === undefined || best.size >= size) return everything;
  if (best.size <= FEW || best.terms.length > 1) return { documents: inPlace(best.documents()), isSorted: false };
  const [term] = best.terms;
  const order = orderOf(request.query);
  if (term === undefined || order === undefined) return { documents: inPlace(best.documents()), isSorted: false };
  const start = startOf(order, conjuncts, request.continuation);
  return { documents: container.index.sorted(term, order).from(start), isSorted: true };
};

function* allOf(container: Container, partition: Partition | undefined): Generator<StoredDocument> {
  const partitions = partition === undefined ? container.partitions.values() : [partition];
  for (const { documents } of partitions) yield* documents.values();
}

interface Candidates {
  /** Alternatives: any of them. */
  readonly terms: readonly Term[];
  readonly size: number;
  documents(): Iterable<StoredDocument>;
}

const cheapest = ({ index }: Container, conjuncts: readonly Conjunct[]): Candidates | undefined =>
  conjuncts
    .flatMap(termsOf)
    .map((terms): Candidates => {
      const found = terms.map((term) => index.with(term));
      const size = found.reduce((sum, documents) => sum + documents.size, 0);
      return { terms, size, documents: () => new Set(found.flatMap((documents) => [...documents])) };
    })
    .reduce<Candidates | undefined>(
      (best, candidates) => (best === undefined || candidates.size < best.size ? candidates : best),
      undefined,
    );

/** Each list of terms is enough: a document has to have one of its terms. */
const termsOf = (conjunct: Conjunct): readonly (readonly Term[])[] => {
  const { kind, path } = conjunct;
  if (kind === 'in') return [conjunct.values.map((value) => ({ path, value }))];
  if (kind === 'element') return conjunct.properties.map(([element, value]) => [{ path, element, value }]);
  return [];
};

const inPlace = (documents: Iterable<StoredDocument>): readonly StoredDocument[] =>
  [...documents].sort(
    (left, right) => left.partition.ordinal - right.partition.ordinal || left.ordinal - right.ordinal,
  );

/** The one property that the query sorts by, or none; undefined when an index cannot sort so. */
const orderOf = ({ select, groupBy, isDistinct }: ParsedQuery): SortOrder | undefined => {
  const alias = rootAlias(select.from);
  if (alias === undefined || groupBy.length > 0 || isDistinct) return undefined;
  const [sort, ...more] = select.orderBy?.expressions ?? [];
  if (sort === undefined) return { path: [], isDescending: false };
  const path = more.length > 0 ? undefined : pathOf(sort.expression, alias);
  return path === undefined || path.length === 0
    ? undefined
    : { path, isDescending: sort.order?.toUpperCase() === 'DESC' };
};

/** Where in the order the query can begin: where the page before ended, or where a condition first holds. */
const startOf = (
  { path, isDescending }: SortOrder,
  conjuncts: readonly Conjunct[],
  continuation: string | undefined,
): Json | undefined => {
  if (path.length === 0) return undefined;
  const [last] = continuation === undefined ? [] : (decodeContinuation(continuation).sort ?? []);
  if (typeof last === 'string' || typeof last === 'number') return last;
  const isFirst = (operator: string): boolean => operator.startsWith(isDescending ? '<' : '>');
  const bound = conjuncts.find(
    (conjunct) => conjunct.kind === 'range' && isFirst(conjunct.operator) && samePath(conjunct.path, path),
  );
  return bound?.kind === 'range' ? bound.value : undefined;
};

const samePath = (left: readonly string[], right: readonly string[]): boolean =>
  left.length === right.length && left.every((step, index) => step === right[index]);
