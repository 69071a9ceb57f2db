import { decodeContinuation } from './continuation.ts';
import { pageOfRows, pageOfWhole } from './page.ts';
import { compilePlan } from './plan.ts';
import type { QueryInput, QueryPage } from './query-input.ts';
import { matchingRows, sortedRows, wholeResult } from './rows.ts';

/**
 * One page of a query's result.
 *
 * @throws CosmosError 400 for what the language does not allow, and for a foreign continuation token
 */
export const runQuery = async (input: QueryInput): Promise<QueryPage> => {
  const plan = compilePlan(input);
  const start = input.continuation === undefined ? { taken: 0 } : decodeContinuation(input.continuation);
  const count = { scanned: 0 };
  const documents = input.query.select.from ? input.documents : [{ body: {}, partition: 0, ordinal: 0 }];
  const rows = matchingRows(plan, documents, count);
  if (plan.isGrouped || plan.isDistinct) {
    const values = await wholeResult(plan, rows);
    return { ...pageOfWhole(values, input, start.taken), scannedCount: count.scanned };
  }
  const ordered = plan.sortKeys.length === 0 || input.isSorted === true ? rows : await sortedRows(plan, rows);
  const page = await pageOfRows(plan, ordered, input, start);
  return { ...page, scannedCount: count.scanned };
};
