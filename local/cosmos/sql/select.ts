import { badRequest } from '../cosmos-error.ts';
import type { Json } from '../json.ts';
import { aggregateName } from './aggregates.ts';
import type { Expression, SelectQuery, SelectSpecification } from './ast.ts';
import type { CompileContext, Evaluate } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import { starAlias } from './from.ts';

const isExpression = (value: unknown): value is Expression =>
  typeof value === 'object' && value !== null && 'type' in value;

/** Whether an expression calls an aggregate of its own query; a subquery's aggregates are the subquery's. */
const usesAggregate = (node: Expression): boolean => {
  if (aggregateName(node) !== undefined) return true;
  if ('expression' in node) return false;
  return Object.values(node).some((part: unknown) => {
    const parts: readonly unknown[] = Array.isArray(part) ? part : [part];
    return parts.some((one) => isExpression(one) && usesAggregate(one));
  });
};

export const hasAggregates = ({ value, properties }: SelectSpecification): boolean =>
  (value === undefined ? (properties?.properties ?? []).map(({ property }) => property) : [value]).some(usesAggregate);

const propertyName = (node: Expression, position: number): string => {
  if (node.type === 'identifier') return node.name;
  if (node.type === 'scalar_member_expression') {
    if ('name' in node.property) return String(node.property.name);
    if ('value' in node.property && typeof node.property.value === 'string') return node.property.value;
  }
  return `$${position}`;
};

const compileProperties = (
  properties: NonNullable<SelectSpecification['properties']>['properties'],
  context: CompileContext,
): Evaluate => {
  let unnamed = 0;
  const compiled = properties.map(({ property, alias }) => {
    const isNamed = alias || property.type === 'identifier' || property.type === 'scalar_member_expression';
    if (!isNamed) unnamed += 1;
    const name = alias?.name ?? alias?.value ?? propertyName(property, unnamed);
    return [name, compileExpression(property, context)] as const;
  });
  return (row, group) =>
    Object.fromEntries(
      compiled
        .map(([name, evaluate]) => [name, evaluate(row, group)] as const)
        .filter((entry): entry is readonly [string, Json] => entry[1] !== undefined),
    );
};

/** The projection of a query. A row whose projection is undefined is left out of the result. */
export const compileSelect = ({ select, from }: SelectQuery, context: CompileContext): Evaluate => {
  if (select['*']) {
    const alias = starAlias(from);
    return (row) => row[alias];
  }
  if (select.value !== undefined) return compileExpression(select.value, context);
  if (select.properties !== undefined) return compileProperties(select.properties.properties, context);
  throw badRequest('The query selects nothing.');
};
