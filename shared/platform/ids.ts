import { createHash } from 'node:crypto';

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
 * @see https://learn.microsoft.com/rest/api/cosmos-db/documents for the characters an id may not have
 */
export const encodeId = (text: string): string => encodeURIComponent(text).replaceAll("'", '%27');
