import type { SortExpression } from './ast.ts';
import type { CompileContext, Evaluate, Row } from './compile-context.ts';
import { compileExpression } from './compile-expression.ts';
import { compareValues, type Value } from './values.ts';

/** Partition, document, and row within the document: the order of rows that nothing else orders. */
export type Place = readonly [partition: number, document: number, row: number];

export interface ResultRow {
  readonly row: Row;
  readonly place: Place;
  readonly sortValues: readonly Value[];
}

export interface SortKey {
  readonly evaluate: Evaluate;
  readonly isDescending: boolean;
}

export const compileSort = (expressions: readonly SortExpression[], context: CompileContext): readonly SortKey[] =>
  expressions.map(({ expression, order }) => ({
    evaluate: compileExpression(expression, context),
    isDescending: order?.toUpperCase() === 'DESC',
  }));

const comparePlaces = (left: Place, right: Place): number =>
  left[0] - right[0] || left[1] - right[1] || left[2] - right[2];

/** Whether `left` comes before `right` (negative), or after. */
export const compareRows =
  (keys: readonly SortKey[]) =>
  (left: Omit<ResultRow, 'row'>, right: Omit<ResultRow, 'row'>): number => {
    for (const [index, { isDescending }] of keys.entries()) {
      const difference = compareValues(left.sortValues[index], right.sortValues[index]);
      if (difference !== 0) return isDescending ? -difference : difference;
    }
    return comparePlaces(left.place, right.place);
  };
