export const COMPARATORS = ['=', '!=', '<', '<=', '>', '>=', 'LIKE', 'ILIKE', 'IN'] as const;

export type Comparator = (typeof COMPARATORS)[number];

/** One comparison. A filter is a list of them, all of which must hold. */
export interface Clause {
  readonly kind: 'attribute' | 'tag';
  readonly key: string;
  readonly comparator: Comparator;
  /** A list with `IN` only; a number for attributes that are numbers. */
  readonly value: string | number | readonly string[];
}

/** What a filter may compare: `id` is a text that may also be looked for in a list. */
export type FilterSchema = ReadonlyMap<string, 'text' | 'number' | 'id'>;
