import { isJsonObject, type Json } from '../json.ts';
import type { Expression, MemberExpression, SelectQuery } from './ast.ts';

/** A condition that every row of a result meets, in a form that an index can answer. */
export type Conjunct =
  | { readonly kind: 'in'; readonly path: readonly string[]; readonly values: readonly Json[] }
  | { readonly kind: 'range'; readonly path: readonly string[]; readonly operator: Comparison; readonly value: Json }
  /** A list with an element that has at least these properties. */
  | {
      readonly kind: 'element';
      readonly path: readonly string[];
      readonly properties: readonly (readonly [string, Json])[];
    };

type Comparison = '<' | '<=' | '>' | '>=';

const isComparison = (operator: string): operator is Comparison => ['<', '<=', '>', '>='].includes(operator);

type Parameters = ReadonlyMap<string, Json>;

/** The conditions joined by AND in WHERE that an index can answer; the others are left to the scan. */
export const conjunctsOf = ({ from, where }: SelectQuery, parameters: Parameters): readonly Conjunct[] => {
  const alias = rootAlias(from);
  return where && alias !== undefined ? conjuncts(where.condition, alias, parameters) : [];
};

/** The path of a property such as `c["a"].b` of the alias `c`; undefined for every other expression. */
export const pathOf = (node: Expression, alias: string): readonly string[] | undefined => {
  if (node.type === 'identifier') return node.name === alias ? [] : undefined;
  if (node.type !== 'scalar_member_expression') return undefined;
  const parent = pathOf(node.object, alias);
  const name = memberName(node);
  return parent === undefined || name === undefined ? undefined : [...parent, name];
};

/** What the query calls a document; undefined when it has other rows than documents. */
export const rootAlias = (from: SelectQuery['from']): string | undefined => {
  if (!from || (from.joins ?? []).length > 0 || from.source.iteration === true) return undefined;
  const { expression, alias } = from.source;
  return expression.type === 'collection_expression' ? (alias?.name ?? expression.expression.name) : undefined;
};

const memberName = ({ property, computed }: MemberExpression): string | undefined => {
  if (!computed) return 'name' in property ? String(property.name) : undefined;
  return property.type === 'string_constant' ? String(property.value) : undefined;
};

const conjuncts = (node: Expression, alias: string, parameters: Parameters): readonly Conjunct[] => {
  if (node.type === 'scalar_in_expression') {
    const values = node.list.map((option) => constantOf(option, parameters));
    return inValues(pathOf(node.value, alias), values);
  }
  if (node.type === 'scalar_function_expression') return elementOf(node, alias, parameters);
  if (node.type !== 'scalar_binary_expression') return [];
  const { left, operator, right } = node;
  if (operator.toUpperCase() === 'AND') {
    return [...conjuncts(left, alias, parameters), ...conjuncts(right, alias, parameters)];
  }
  const path = pathOf(left, alias);
  const value = constantOf(right, parameters);
  if (operator === '=') return inValues(path, [value]);
  if (!isComparison(operator) || path === undefined || value === undefined) return [];
  return [{ kind: 'range', path, operator, value }];
};

const inValues = (path: readonly string[] | undefined, values: readonly (Json | undefined)[]): readonly Conjunct[] => {
  const scalars = values.filter((value): value is Json => value !== undefined && typeof value !== 'object');
  return path === undefined || scalars.length < values.length ? [] : [{ kind: 'in', path, values: scalars }];
};

const elementOf = (
  { name, arguments: [list, element, partial] }: Extract<Expression, { type: 'scalar_function_expression' }>,
  alias: string,
  parameters: Parameters,
): readonly Conjunct[] => {
  if (name.name.toUpperCase() !== 'ARRAY_CONTAINS' || list === undefined || element === undefined) return [];
  const path = pathOf(list, alias);
  const value = constantOf(element, parameters);
  const isPartial = partial !== undefined && constantOf(partial, parameters) === true;
  if (path === undefined || !isJsonObject(value) || !isPartial) return [];
  const properties = Object.entries(value).filter(([, part]) => typeof part !== 'object');
  return properties.length === 0 ? [] : [{ kind: 'element', path, properties }];
};

const constantOf = (node: Expression, parameters: Parameters): Json | undefined => {
  if (node.type === 'parameter_name') return parameters.get(node.name);
  if (node.type === 'string_constant' || node.type === 'number_constant' || node.type === 'boolean_constant') {
    return node.value;
  }
  if (node.type === 'object_constant' || node.type === 'scalar_object_expression') {
    const entries = node.properties.map(({ key, value }) => [
      key.name ?? key.value ?? '',
      constantOf(value, parameters),
    ]);
    return entries.some(([, value]) => value === undefined) ? undefined : (Object.fromEntries(entries) as Json);
  }
  return undefined;
};
