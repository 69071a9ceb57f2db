import type { Json } from '../json.ts';
import type { SelectQuery } from './ast.ts';
import type { CompileContext, Row } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import { compileFrom } from './from.ts';
import { compileSelect, hasAggregates } from './select.ts';

/** A query inside a query as a function of the outer row. */
const compileSubquery = (query: SelectQuery, context: CompileContext): ((outer: Row) => readonly Json[]) => {
  const rowsOf = compileFrom(query.from, context);
  const isKept = query.where ? compileExpression(query.where.condition, context) : undefined;
  const project = compileSelect(query, context);
  return (outer) => {
    const rows = rowsOf(outer).filter((row) => isKept === undefined || isKept(row, []) === true);
    const values = hasAggregates(query.select) ? [project(outer, rows)] : rows.map((row) => project(row, []));
    return values.filter((value): value is Json => value !== undefined);
  };
};

export const createCompileContext = (parameters: ReadonlyMap<string, Json>): CompileContext => {
  const context: CompileContext = { parameters, subquery: (query) => compileSubquery(query, context) };
  return context;
};
