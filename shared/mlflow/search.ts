import type { Clause } from './filter/clause.ts';
import { invalid } from './invalid.ts';
import { comparePositions, type Position, type SortKey } from './order-by.ts';
import { pageToken } from './page-token.ts';

/** What is asked of a search, as MLflow's clients say it. */
export interface Search {
  readonly filter?: string;
  /** What must hold beside the filter, for callers who need not write it as text. */
  readonly clauses?: readonly Clause[];
  readonly orderBy?: readonly string[];
  readonly maxResults?: number;
  readonly pageToken?: string;
}

/** A part of what was found; without `nextPageToken` the last. */
export interface Found<T> {
  readonly items: readonly T[];
  readonly nextPageToken?: string;
}

/** @throws SlipwayError INVALID_PARAMETER_VALUE outside 1 to `max` */
export const checkMaxResults = (maxResults: number, max: number): number => {
  if (maxResults >= 1 && maxResults <= max) return maxResults;
  const bound = maxResults < 1 ? 'at least 1' : `at most ${max}`;
  throw invalid(`Invalid value for request parameter max_results. It must be ${bound}, but got value ${maxResults}`);
};

export interface Paging<T> {
  readonly order: readonly SortKey[];
  readonly positionOf: (item: T) => Position;
  readonly after: Position | undefined;
  readonly limit: number;
}

/** The first page of those behind `after`, in order. */
export const pageOf = <T>(found: readonly T[], paging: Paging<T>): Found<T> => {
  const { order, positionOf, after } = paging;
  const placed = found
    .map((item) => ({ item, position: positionOf(item) }))
    .filter(({ position }) => after === undefined || comparePositions(order, position, after) > 0)
    .sort((left, right) => comparePositions(order, left.position, right.position));
  return firstPage(
    placed.map(({ item }) => item),
    paging,
  );
};

/**
 * The first page of those behind `after`, in order, of any number of candidates: never more than about two pages of
 * them are held at once.
 *
 * @param sortedBy how many of the first sort keys the candidates come in order of already: with one or more, none is
 * asked for when the page is full
 */
export const pageFrom = async <T>(candidates: AsyncIterable<T>, paging: Paging<T>, sortedBy = 0): Promise<Found<T>> => {
  const { order, positionOf, after, limit } = paging;
  const sorted = order.slice(0, sortedBy);
  let kept: Placed<T>[] = [];
  for await (const item of candidates) {
    const placed = { item, position: positionOf(item) };
    if (after !== undefined && comparePositions(order, placed.position, after) <= 0) continue;
    const enough = sortedBy > 0 ? kept[limit] : undefined;
    // The next page begins with it: only what is equal so far can still come before.
    if (enough !== undefined && comparePositions(sorted, placed.position, enough.position) > 0) break;
    kept.push(placed);
    if (kept.length > 2 * limit + SLACK) kept = inOrder(kept, order).slice(0, limit + 1);
  }
  return firstPage(
    inOrder(kept, order).map(({ item }) => item),
    paging,
  );
};

/** Sorted, and without what is at the position of another: no two things are, so it is the same thing again. */
const inOrder = <T>(placed: Placed<T>[], order: readonly SortKey[]): Placed<T>[] =>
  placed
    .sort((left, right) => comparePositions(order, left.position, right.position))
    .filter(({ position }, at, all) => {
      const before = all[at - 1];
      return before === undefined || comparePositions(order, before.position, position) !== 0;
    });

/** What is held beyond two pages, so that small pages are not sorted all the time. */
const SLACK = 1_000;

interface Placed<T> {
  readonly item: T;
  readonly position: Position;
}

/** The first page of what is in order, and behind the token, already. */
export const firstPage = <T>(found: readonly T[], { order, positionOf, limit }: Omit<Paging<T>, 'after'>): Found<T> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const isLast = found.length <= limit || last === undefined;
  return { items, ...(isLast ? {} : { nextPageToken: pageToken(order, positionOf(last)) }) };
};
