import type { Tag } from '../tags.ts';
import type { Clause, Comparator } from './clause.ts';
import { isLike } from './like.ts';

/** What clauses are held against. */
export interface Matched {
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly tags: readonly Tag[];
}

/** True when every clause holds. A tag clause, also with `!=`, wants the tag to be there. */
export const matches = (clauses: readonly Clause[], entity: Matched): boolean =>
  clauses.every((clause) => {
    const actual =
      clause.kind === 'attribute'
        ? entity.attributes[clause.key]
        : entity.tags.find(({ key }) => key === clause.key)?.value;
    return actual !== undefined && compare(actual, clause);
  });

/** True when the comparison holds for that value; numbers never equal texts. */
export const compare = (
  actual: string | number,
  { comparator, value }: Pick<Clause, 'comparator' | 'value'>,
): boolean => {
  if (typeof actual === 'number') return typeof value === 'number' && compareNumbers(actual, comparator, value);
  if (typeof value === 'object') return value.includes(actual);
  return typeof value === 'string' && compareTexts(actual, comparator, value);
};

const compareTexts = (actual: string, comparator: Comparator, value: string): boolean => {
  if (comparator === '=') return actual === value;
  if (comparator === '!=') return actual !== value;
  if (comparator === 'LIKE') return isLike(actual, value);
  return comparator === 'ILIKE' && isLike(actual.toLowerCase(), value.toLowerCase());
};

const compareNumbers = (actual: number, comparator: Comparator, value: number): boolean => {
  if (comparator === '=') return actual === value;
  if (comparator === '!=') return actual !== value;
  if (comparator === '<') return actual < value;
  if (comparator === '<=') return actual <= value;
  if (comparator === '>') return actual > value;
  return comparator === '>=' && actual >= value;
};
