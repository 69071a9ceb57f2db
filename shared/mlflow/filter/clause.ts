const WITH_VALUE = ['=', '!=', '<', '<=', '>', '>=', 'LIKE', 'ILIKE', 'IN', 'NOT IN'] as const;

/** These ask whether there is such a tag or parameter at all. */
const ABSENCE = ['IS NULL', 'IS NOT NULL'] as const;

export const COMPARATORS = [...WITH_VALUE, ...ABSENCE] as const;

export type Comparator = (typeof COMPARATORS)[number];

export const isAbsence = (operator: string): operator is (typeof ABSENCE)[number] =>
  (ABSENCE as readonly string[]).includes(operator);

/** What a clause is about: a property of the thing itself, or one of what is logged with it. */
export const ENTITIES = ['attribute', 'param', 'metric', 'tag', 'dataset'] as const;

export type Entity = (typeof ENTITIES)[number];

/** One comparison. A filter is a list of them, all of which must hold. */
export interface Clause {
  readonly kind: Entity;
  readonly key: string;
  readonly comparator: Comparator;
  /**
   * A list with `IN` and `NOT IN` only; a number for metrics and for attributes that are numbers; else a text, empty when
   * nothing is compared.
   */
  readonly value: string | number | readonly string[];
}

/** How an attribute is compared: `id` is a text that may also be looked for in a list, `list` also outside of one. */
export type AttributeType = 'text' | 'number' | 'id' | 'list';

/** What a filter may compare. */
export interface FilterSchema {
  readonly attributes: ReadonlyMap<string, AttributeType>;
  /** Other words for attributes. */
  readonly aliases?: ReadonlyMap<string, string>;
  /** Beside attributes. */
  readonly entities: readonly Exclude<Entity, 'attribute'>[];
  /** True when tags and parameters may be asked for with `IS NULL` and `IS NOT NULL`. */
  readonly absence?: boolean;
}

const PREFIXES: ReadonlyMap<string, Entity> = new Map([
  ['attribute', 'attribute'],
  ['attributes', 'attribute'],
  ['attr', 'attribute'],
  ['run', 'attribute'],
  ['param', 'param'],
  ['params', 'param'],
  ['parameter', 'param'],
  ['parameters', 'param'],
  ['metric', 'metric'],
  ['metrics', 'metric'],
  ['tag', 'tag'],
  ['tags', 'tag'],
  ['dataset', 'dataset'],
  ['datasets', 'dataset'],
]);

/** The entity that a prefix such as `params` in `params.depth` stands for, whatever its case is. */
export const entityOf = (prefix: string): Entity | undefined => PREFIXES.get(prefix.toLowerCase());
