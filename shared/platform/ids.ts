import { createHash } from 'node:crypto';
import { SlipwayError } from './errors.ts';

/**
 * An id derived from what caused the thing, so that doing it again finds the first one.
 *
 * @returns `<prefix>_` and 24 hex digits (96 bits of SHA-256 over the parts as a JSON array)
 */
export const derivedId = (prefix: string, ...parts: readonly (string | number)[]): string =>
  `${prefix}_${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 24)}`;

/**
 * Free text as a Cosmos DB document id: percent-encoded UTF-8, so none of `/ \ ? #` remain.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE for half a surrogate pair, which has no UTF-8
 * @see https://learn.microsoft.com/rest/api/cosmos-db/documents for the characters an id may not have
 */
export const encodeId = (text: string): string => {
  if (!text.isWellFormed()) throw new SlipwayError('INVALID_PARAMETER_VALUE', 'a name must be well-formed Unicode');
  return encodeURIComponent(text).replaceAll("'", '%27');
};
