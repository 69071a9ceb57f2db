import { badRequest } from '../cosmos-error.ts';
import type { JsonObject } from '../json.ts';
import { compileExpression } from '../sql/compile-expression.ts';
import { compileFrom } from '../sql/from.ts';
import { parseQuery } from '../sql/parse-query.ts';
import { createCompileContext } from '../sql/subquery.ts';

/** Whether `from c where …` holds for a document. @throws CosmosError 400 when it is no such condition */
export const matchesCondition = (condition: string, document: JsonObject): boolean => {
  const { select } = parseQuery(`SELECT * ${condition}`);
  if (!select.where) throw badRequest('A patch condition needs a WHERE clause.');
  const context = createCompileContext(new Map());
  const isKept = compileExpression(select.where.condition, context);
  return compileFrom(select.from, context)({}, document).some((row) => isKept(row, []) === true);
};
