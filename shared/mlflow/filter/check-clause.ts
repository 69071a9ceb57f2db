import { invalid } from '../invalid.ts';
import {
  type AttributeType,
  type Clause,
  COMPARATORS,
  type Comparator,
  type Entity,
  entityOf,
  type FilterSchema,
  isAbsence,
} from './clause.ts';

/** A value as it was written: quoted, a number, a bare word, a list, or none where nothing is compared. */
export type RawValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'word'; readonly value: string }
  | { readonly kind: 'list'; readonly items: readonly RawValue[] }
  | { readonly kind: 'none' };

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
  list: [...TEXT, 'IN', 'NOT IN'],
  number: ['=', '!=', '<', '<=', '>', '>='],
} as const satisfies Record<AttributeType, readonly Comparator[]>;

const DATASET_KEYS = ['name', 'digest', 'context'];

/**
 * The clause, when the schema has its key and the comparator and value fit.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE
 */
export const checkClause = (raw: RawClause, schema: FilterSchema): Clause => {
  const kind = raw.entity === undefined ? 'attribute' : entityOf(raw.entity);
  if (kind === 'attribute') return attributeClause(raw, schema);
  if (kind === undefined || !schema.entities.includes(kind)) throw unknownEntity(raw, schema);
  if (kind === 'metric') {
    return { kind, key: raw.key, comparator: comparatorOf(raw, kind, 'number'), value: metricOf(raw) };
  }
  if (kind === 'dataset') return datasetClause(raw);
  if (isAbsence(raw.operator)) return { kind, key: raw.key, comparator: raw.operator, value: '' };
  return { kind, key: raw.key, comparator: comparatorOf(raw, kind, 'text'), value: textOf(raw) };
};

const unknownEntity = ({ entity }: RawClause, { entities }: FilterSchema) => {
  const valid = ['attribute', ...entities].map((known) => `'${known}'`);
  const last = valid.pop();
  return invalid(`Invalid entity type '${entity}'. Valid entity types are ${valid.join(', ')} and ${last}.`);
};

const attributeClause = (raw: RawClause, { attributes, aliases }: FilterSchema): Clause => {
  const key = aliases?.get(raw.key) ?? raw.key;
  const type = attributes.get(key);
  if (type === undefined) {
    const valid = [...attributes.keys()].map((known) => `'${known}'`).join(', ');
    throw invalid(`Invalid attribute key '${raw.key}' specified. Valid keys are ${valid}`);
  }
  const comparator = comparatorOf(raw, 'attribute', type);
  if (type === 'number') return { kind: 'attribute', key, comparator, value: numberOf(raw) };
  if (comparator !== 'IN' && comparator !== 'NOT IN') return { kind: 'attribute', key, comparator, value: textOf(raw) };
  const listed = textsOf(raw);
  // MLflow's ids are in lower case: others are left out of the list.
  const value = type === 'id' ? listed.filter((id) => id === id.toLowerCase()) : listed;
  return { kind: 'attribute', key, comparator, value };
};

const datasetClause = (raw: RawClause): Clause => {
  if (!DATASET_KEYS.includes(raw.key)) {
    const valid = DATASET_KEYS.map((known) => `'${known}'`).join(', ');
    throw invalid(`Invalid dataset key '${raw.key}' specified. Valid keys are ${valid}`);
  }
  const comparator = comparatorOf(raw, 'dataset', 'list');
  const value = comparator === 'IN' || comparator === 'NOT IN' ? textsOf(raw) : textOf(raw);
  return { kind: 'dataset', key: raw.key, comparator, value };
};

const comparatorOf = ({ operator }: RawClause, entity: Entity, type: AttributeType): Comparator => {
  const comparator = COMPARATORS.find((known) => known === operator);
  if (comparator !== undefined && (ALLOWED[type] as readonly Comparator[]).includes(comparator)) return comparator;
  throw invalid(`Invalid comparator for ${entity}: ${operator}`);
};

const textOf = ({ key, value }: Pick<RawClause, 'key' | 'value'>): string => {
  if (value.kind === 'string') return value.value;
  throw invalid(`Expected a quoted string value for '${key}' (e.g. 'my-value').`);
};

const numberOf = ({ key, value }: RawClause): number => {
  if (value.kind === 'number') return value.value;
  if (value.kind === 'string' && /^\s*-?\d+\s*$/.test(value.value)) return Number(value.value);
  throw invalid(`Expected a number for '${key}'.`);
};

const metricOf = ({ key, value }: RawClause): number => {
  if (value.kind === 'number') return value.value;
  throw invalid(`Expected numeric value type for metric '${key}'.`);
};

const textsOf = ({ key, value }: RawClause): string[] => {
  if (value.kind !== 'list' || value.items.length === 0) {
    throw invalid(`Expected a non-empty list of quoted strings for '${key}' (e.g. ('a', 'b')).`);
  }
  return value.items.map((item) => textOf({ key, value: item }));
};
