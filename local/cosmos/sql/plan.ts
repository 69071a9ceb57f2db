import { badRequest } from '../cosmos-error.ts';
import type { Expression } from './ast.ts';
import type { CompileContext, Evaluate } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import { compileFrom, type RowsOf } from './from.ts';
import type { QueryInput } from './query-input.ts';
import { compileSort, type SortKey } from './result-row.ts';
import { compileSelect, hasAggregates } from './select.ts';
import { createCompileContext } from './subquery.ts';

const rowLimit = (expression: Expression | undefined, context: CompileContext): number | undefined => {
  if (expression === undefined) return undefined;
  const value = compileExpression(expression, context)({}, []);
  if (typeof value !== 'number' || value < 0)
    throw badRequest('TOP, OFFSET and LIMIT take a number that is not negative.');
  return value;
};

/** A query ready to run. */
export interface Plan {
  readonly rowsOf: RowsOf;
  readonly isKept: Evaluate | undefined;
  readonly sortKeys: readonly SortKey[];
  readonly project: Evaluate;
  readonly groupKeys: readonly Evaluate[];
  readonly isGrouped: boolean;
  readonly isDistinct: boolean;
  readonly offset: number;
  readonly limit: number;
}

/** @throws CosmosError 400 for what the language does not allow */
export const compilePlan = ({ query, parameters }: QueryInput): Plan => {
  const { select, groupBy, isDistinct } = query;
  const context = createCompileContext(parameters);
  const isGrouped = groupBy.length > 0 || hasAggregates(select.select);
  return {
    rowsOf: compileFrom(select.from, context),
    isKept: select.where ? compileExpression(select.where.condition, context) : undefined,
    sortKeys: compileSort(select.orderBy?.expressions ?? [], context),
    project: compileSelect(select, context),
    groupKeys: groupBy.map((expression) => compileExpression(expression, context)),
    isGrouped,
    isDistinct,
    offset: rowLimit(query.offset, context) ?? 0,
    limit: rowLimit(query.limit ?? select.top?.value, context) ?? Number.POSITIVE_INFINITY,
  };
};
