import { compareByCodePoint } from '../platform/code-points.ts';
import { type Entity, entityOf } from './filter/clause.ts';
import { invalid } from './invalid.ts';

/** A property to sort by. */
export interface SortKey {
  readonly key: string;
  readonly direction: 'asc' | 'desc';
}

/** What a search may be sorted by: accepted words and the property each means, and what decides in the end. */
export interface SortRules {
  readonly words: ReadonlyMap<string, string>;
  /** Whose keys may be sorted by as well, as in `metrics.loss`, which gives the key `metric.loss`. */
  readonly entities?: readonly Entity[];
  /** Without `order_by`. Names every property of `ties`. */
  readonly byDefault: readonly SortKey[];
  readonly ties: readonly SortKey[];
}

/**
 * The whole order of a search, such that no two things are equal in it.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for an unknown or repeated key and for a wrong direction
 */
export const parseOrderBy = (clauses: readonly string[], rules: SortRules): readonly SortKey[] => {
  if (clauses.length === 0) return rules.byDefault;
  const keys = clauses.map((clause) => parseClause(clause, rules));
  const given = new Set(keys.map(({ key }) => key));
  if (given.size < keys.length) throw invalid(`\`order_by\` contains duplicate fields: ${clauses.join(', ')}`);
  return [...keys, ...rules.ties.filter(({ key }) => !given.has(key))];
};

const parseClause = (clause: string, rules: SortRules): SortKey => {
  const [, prefix, ticked, quoted, bare, direction = 'asc'] =
    /^\s*(?:([a-z]+)\.)?(?:`([^`]+)`|"([^"]+)"|(\S+))(?:\s+(\S+))?\s*$/i.exec(clause) ?? [];
  const key = sortKeyOf(prefix, ticked ?? quoted ?? bare ?? '', rules);
  const word = direction.toLowerCase();
  if (key !== undefined && (word === 'asc' || word === 'desc')) return { key, direction: word };
  const others = (rules.entities ?? [])
    .filter((entity) => entity !== 'attribute')
    .map((entity) => `'${entity}s.<key>'`);
  const valid = [...[...rules.words.keys()].map((known) => `'${known}'`), ...others].join(', ');
  throw invalid(`Invalid order_by clause '${clause}': use one of ${valid}, and ASC or DESC behind it.`);
};

const sortKeyOf = (
  prefix: string | undefined,
  word: string,
  { words, entities = [] }: SortRules,
): string | undefined => {
  if (prefix === undefined) return words.get(word);
  const entity = entityOf(prefix);
  if (entity === undefined || !entities.includes(entity)) return undefined;
  return entity === 'attribute' ? words.get(word) : `${entity}.${word}`;
};

/** Values of the sort keys, in their order. */
export type Position = readonly (string | number)[];

/** Which of two positions comes first: negative, 0 or positive. Text goes by code point, never by locale. */
export const comparePositions = (order: readonly SortKey[], left: Position, right: Position): number => {
  for (const [index, { direction }] of order.entries()) {
    const found = compareValues(left[index] ?? '', right[index] ?? '');
    if (found !== 0) return direction === 'asc' ? found : -found;
  }
  return 0;
};

const compareValues = (left: string | number, right: string | number): number => {
  if (left === right) return 0;
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return compareByCodePoint(String(left), String(right));
};
