import type { Tag } from '../tags.ts';
import type { Clause, Comparator } from './clause.ts';
import { isLike } from './like.ts';

/** What clauses are held against. */
export interface Matched {
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly tags: readonly Tag[];
  readonly params?: readonly Tag[];
  readonly metrics?: readonly { readonly key: string; readonly value: number }[];
  readonly datasets?: readonly { readonly name: string; readonly digest: string; readonly context?: string }[];
}

/**
 * True when every clause holds. A clause wants what it is about to be there, also with `!=`, and only not with
 * `IS NULL`; one about datasets holds when it does for any of them.
 */
export const matches = (clauses: readonly Clause[], entity: Matched): boolean =>
  clauses.every((clause) => {
    const actuals = actualsOf(clause, entity);
    if (clause.comparator === 'IS NULL') return actuals.every((actual) => actual === undefined);
    return actuals.some((actual) => actual !== undefined && compare(actual, clause));
  });

const actualsOf = ({ kind, key }: Clause, entity: Matched): readonly (string | number | undefined)[] => {
  switch (kind) {
    case 'attribute':
      return [entity.attributes[key]];
    case 'tag':
      return [loggedValue(entity.tags, key)];
    case 'param':
      return [loggedValue(entity.params, key)];
    case 'metric':
      return [loggedValue(entity.metrics, key)];
    case 'dataset':
      return (entity.datasets ?? []).map((dataset) => dataset[key as 'name' | 'digest' | 'context']);
    default:
      return kind satisfies never;
  }
};

const loggedValue = <T>(
  pairs: readonly { readonly key: string; readonly value: T }[] = [],
  key: string,
): T | undefined => pairs.find((pair) => pair.key === key)?.value;

/** True when the comparison holds for that value; numbers never equal texts. */
export const compare = (
  actual: string | number,
  { comparator, value }: Pick<Clause, 'comparator' | 'value'>,
): boolean => {
  if (typeof actual === 'number') return typeof value === 'number' && compareNumbers(actual, comparator, value);
  if (typeof value === 'object') return value.includes(actual) === (comparator === 'IN');
  return typeof value === 'string' && compareTexts(actual, comparator, value);
};

const compareTexts = (actual: string, comparator: Comparator, value: string): boolean => {
  if (comparator === '=') return actual === value;
  if (comparator === '!=') return actual !== value;
  if (comparator === 'LIKE') return isLike(actual, value);
  if (comparator === 'IS NOT NULL') return true;
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
