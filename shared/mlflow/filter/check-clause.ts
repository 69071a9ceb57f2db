import { invalid } from '../invalid.ts';
import { type Clause, COMPARATORS, type Comparator, type FilterSchema } from './clause.ts';

/** A value as it was written: quoted, a number, a bare word, or a list. */
export type RawValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly RawValue[] };

/** A comparison that is well formed, but not yet known to make sense. */
export interface RawClause {
  readonly entity?: string;
  readonly key: string;
  readonly operator: string;
  readonly value: RawValue;
}

const TEXT = ['=', '!=', 'LIKE', 'ILIKE'] as const;
const ALLOWED = {
  text: TEXT,
  id: [...TEXT, 'IN'],
  number: ['=', '!=', '<', '<=', '>', '>='],
} as const satisfies Record<string, readonly Comparator[]>;

/**
 * The clause, when the schema has its key and the comparator and value fit.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE
 */
export const checkClause = (raw: RawClause, schema: FilterSchema): Clause => {
  const entity = raw.entity?.toLowerCase();
  if (entity === 'tag' || entity === 'tags') return tagClause(raw);
  if (entity !== undefined && entity !== 'attribute' && entity !== 'attributes') {
    throw invalid(`Invalid entity type '${raw.entity}'. Valid entity types are 'attribute' and 'tag'.`);
  }
  const type = schema.get(raw.key);
  if (type === undefined) {
    const valid = [...schema.keys()].map((key) => `'${key}'`).join(', ');
    throw invalid(`Invalid attribute key '${raw.key}' specified. Valid keys are ${valid}`);
  }
  const comparator = COMPARATORS.find((known) => known === raw.operator);
  if (comparator === undefined || !(ALLOWED[type] as readonly Comparator[]).includes(comparator)) {
    throw invalid(`Invalid comparator for attribute: ${raw.operator}`);
  }
  const value = type === 'number' ? numberOf(raw) : comparator === 'IN' ? idsOf(raw) : textOf(raw);
  return { kind: 'attribute', key: raw.key, comparator, value };
};

const tagClause = (raw: RawClause): Clause => {
  const comparator = TEXT.find((known) => known === raw.operator);
  if (comparator === undefined) throw invalid(`Invalid comparator for tag: ${raw.operator}`);
  return { kind: 'tag', key: raw.key, comparator, value: textOf(raw) };
};

const textOf = ({ key, value }: RawClause): string => {
  if (value.kind === 'string') return value.value;
  throw invalid(`Expected a quoted string value for '${key}' (e.g. 'my-value').`);
};

const numberOf = ({ key, value }: RawClause): number => {
  if (value.kind === 'number') return value.value;
  if (value.kind === 'string' && /^\s*-?\d+\s*$/.test(value.value)) return Number(value.value);
  throw invalid(`Expected a number for '${key}'.`);
};

/** MLflow's ids are in lower case: others are left out of the list. */
const idsOf = ({ key, value }: RawClause): string[] => {
  if (value.kind !== 'list' || value.items.length === 0) {
    throw invalid(`Expected a non-empty list of quoted strings for '${key}' (e.g. ('a', 'b')).`);
  }
  const ids = value.items.map((item) => textOf({ key, operator: 'IN', value: item }));
  return ids.filter((id) => id === id.toLowerCase());
};
