import type { Json } from '../json.ts';
import type { SelectQuery } from './ast.ts';
import type { Value } from './values.ts';

/** Values by alias. */
export type Row = Readonly<Record<string, Value>>;

/** An expression: what it gives for a row, and for the rows of its group when it has aggregates. */
export type Evaluate = (row: Row, group: readonly Row[]) => Value;

/** What compiling one query needs. Subqueries come through here, so that expressions need not know queries. */
export interface CompileContext {
  readonly parameters: ReadonlyMap<string, Json>;
  readonly subquery: (query: SelectQuery) => (outer: Row) => readonly Json[];
}
