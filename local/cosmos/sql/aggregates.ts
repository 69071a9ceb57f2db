import aggregates from '@zeit/cosmosdb-query/lib/aggregate-functions.js';
import type { Expression, FunctionExpression } from './ast.ts';
import type { Value } from './values.ts';

export type AggregateName = 'COUNT' | 'SUM' | 'AVG' | 'MIN' | 'MAX';

const NAMES: readonly string[] = ['COUNT', 'SUM', 'AVG', 'MIN', 'MAX'];

/** The name of the aggregate that an expression calls; undefined when it is anything else. */
export const aggregateName = (node: Expression): AggregateName | undefined => {
  if (node.type !== 'scalar_function_expression' || (node as FunctionExpression).udf) return undefined;
  const name = (node as FunctionExpression).name.name.toUpperCase();
  return NAMES.includes(name) ? (name as AggregateName) : undefined;
};

export const aggregate = (name: AggregateName, values: readonly Value[]): Value =>
  (aggregates[name] as (values: readonly Value[]) => Value)(values);
