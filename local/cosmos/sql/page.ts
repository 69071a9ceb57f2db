import { isJsonObject, type Json } from '../json.ts';
import { type Continuation, encodeContinuation } from './continuation.ts';
import type { Plan } from './plan.ts';
import type { QueryInput, QueryPage } from './query-input.ts';
import { compareRows, type ResultRow } from './result-row.ts';
import type { Value } from './values.ts';

/** Fills a page until it has as many items, or bytes, as it may have; `isFull` is then true. */
class PageBuilder {
  readonly items: string[] = [];
  readonly #maxItems: number;
  #bytesLeft: number;

  constructor({ maxItems, maxBytes }: QueryInput) {
    this.#maxItems = maxItems;
    this.#bytesLeft = maxBytes;
  }

  get isFull(): boolean {
    return this.items.length >= this.#maxItems || this.#bytesLeft <= 0;
  }

  add(value: Json): void {
    const text = JSON.stringify(value);
    this.items.push(text);
    this.#bytesLeft -= text.length;
  }
}

/** A slice of a result that was made as a whole. */
export const pageOfWhole = (
  values: readonly Json[],
  input: QueryInput,
  from: number,
): Omit<QueryPage, 'scannedCount'> => {
  const page = new PageBuilder(input);
  for (const value of values.slice(from)) {
    if (page.isFull)
      return { items: page.items, continuation: encodeContinuation({ taken: from + page.items.length }) };
    page.add(value);
  }
  return { items: page.items };
};

/** A sort value in a token. Arrays compare as equal, and so do objects: only their type matters. */
const toToken = (value: Value): Json => {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? [] : { object: true };
};

const fromToken = (value: Json): Value => (isJsonObject(value) && Object.keys(value).length === 0 ? undefined : value);

const isAfter = (plan: Plan, { at, sort = [] }: Continuation): ((row: ResultRow) => boolean) => {
  if (at === undefined) return () => true;
  const last = { place: at, sortValues: sort.map((value) => fromToken(value as Json)) };
  const compareToLast = compareRows(plan.sortKeys);
  return (row) => compareToLast(row, last) > 0;
};

const tokenAfter = ({ place, sortValues }: ResultRow, taken: number): string =>
  encodeContinuation({
    taken,
    at: [...place],
    ...(sortValues.length === 0 ? {} : { sort: sortValues.map(toToken) }),
  });

/** Rows one after the other: reads no further than the page needs, and goes on after the last row given out. */
export const pageOfRows = async (
  plan: Plan,
  rows: AsyncIterable<ResultRow> | Iterable<ResultRow>,
  input: QueryInput,
  start: Continuation,
): Promise<Omit<QueryPage, 'scannedCount'>> => {
  const page = new PageBuilder(input);
  // A token without a place counts rows, and so does the first page of OFFSET.
  let toSkip = start.at === undefined ? plan.offset + start.taken : 0;
  let taken = start.taken;
  let last: ResultRow | undefined;
  const isWanted = isAfter(plan, start);
  for await (const row of rows) {
    if (taken >= plan.limit) return { items: page.items };
    if (!isWanted(row)) continue;
    const value = plan.project(row.row, []);
    if (value === undefined) continue;
    if (toSkip > 0) {
      toSkip -= 1;
      continue;
    }
    if (page.isFull)
      return {
        items: page.items,
        continuation: last === undefined ? encodeContinuation({ taken }) : tokenAfter(last, taken),
      };
    page.add(value);
    taken += 1;
    last = row;
  }
  return { items: page.items };
};
