import * as z from 'zod';
import { invalid } from './invalid.ts';
import type { Position, SortKey } from './order-by.ts';

const tokenSchema = z.object({ order: z.string(), after: z.array(z.union([z.string(), z.number()])) });

/** A token that continues a search behind that position. */
export const pageToken = (order: readonly SortKey[], after: Position): string =>
  Buffer.from(JSON.stringify({ order: orderText(order), after })).toString('base64url');

/**
 * The position that a token stands for; undefined without token.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when it is none of ours, or of a search in another order
 */
export const readPageToken = (token: string | undefined, order: readonly SortKey[]): Position | undefined => {
  if (token === undefined) return undefined;
  const parsed = tokenSchema.safeParse(jsonOf(token));
  if (!parsed.success || parsed.data.order !== orderText(order) || parsed.data.after.length !== order.length) {
    throw invalid('Invalid page token: it is not one that this search with this order_by has given.');
  }
  return parsed.data.after;
};

const orderText = (order: readonly SortKey[]): string =>
  order.map(({ key, direction }) => `${key} ${direction}`).join(',');

const jsonOf = (token: string): unknown => {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
};
