import helpers from '@zeit/cosmosdb-query/lib/helpers.js';
import { compareByCodePoint } from '../../../shared/platform/code-points.ts';
import type { Json } from '../json.ts';

/** What an expression gives; undefined is a value of the language, not an error. */
export type Value = Json | undefined;

/** The types in the order in which ORDER BY puts them. */
const TYPE_ORDER = ['undefined', 'null', 'boolean', 'number', 'string', 'array', 'object'] as const;

type TypeName = (typeof TYPE_ORDER)[number];

const typeName = (value: Value): TypeName => {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value as TypeName;
};

/** -1, 0 or 1: types first, then values; two arrays or two objects are equal here. */
export const compareValues = (left: Value, right: Value): number => {
  const leftType = typeName(left);
  const rightType = typeName(right);
  if (leftType !== rightType) return TYPE_ORDER.indexOf(leftType) < TYPE_ORDER.indexOf(rightType) ? -1 : 1;
  if (left === right || leftType === 'array' || leftType === 'object') return 0;
  if (leftType === 'string') return Math.sign(compareByCodePoint(left as string, right as string));
  return (left as number) < (right as number) ? -1 : 1;
};

const COMPARISONS = ['<', '<=', '>', '>='];
const ARITHMETIC = ['+', '-', '*', '/', '%', '|', '&', '^', '<<', '>>', '>>>'];

/** The value of `left operator right`, by the rules for undefined of the language. */
export const binary = (operator: string, left: Value, right: Value): Value => {
  if (operator === '=') return helpers.equal(left, right) as Value;
  if (operator === '!=' || operator === '<>') return helpers.notEqual(left, right) as Value;
  if (COMPARISONS.includes(operator)) {
    if (typeof left !== 'string' || typeof right !== 'string') return helpers.compare(operator, left, right) as Value;
    return helpers.compare(operator, compareByCodePoint(left, right), 0) as Value;
  }
  if (ARITHMETIC.includes(operator)) return helpers.calculate(operator, left, right) as Value;
  if (operator === '||') return helpers.concat(left, right) as Value;
  throw new TypeError(`unexpected operator ${operator}`);
};

export const and = (left: Value, right: Value): Value => helpers.and(left, right) as Value;

export const or = (left: Value, right: Value): Value => helpers.or(left, right) as Value;

export const unary = (operator: string, value: Value): Value =>
  (operator === 'NOT' ? helpers.not(value) : helpers.calculateUnary(operator, value)) as Value;
