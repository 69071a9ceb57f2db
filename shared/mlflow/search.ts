import { invalid } from './invalid.ts';
import { comparePositions, type Position, type SortKey } from './order-by.ts';
import { pageToken } from './page-token.ts';

/** What is asked of a search, as MLflow's clients say it. */
export interface Search {
  readonly filter?: string;
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

interface Paging<T> {
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

/** The first page of what is in order, and behind the token, already. */
export const firstPage = <T>(found: readonly T[], { order, positionOf, limit }: Omit<Paging<T>, 'after'>): Found<T> => {
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const isLast = found.length <= limit || last === undefined;
  return { items, ...(isLast ? {} : { nextPageToken: pageToken(order, positionOf(last)) }) };
};
