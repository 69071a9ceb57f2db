import { badRequest, tooLarge } from '../cosmos-error.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import {
  extractPartitionKey,
  type PartitionKey,
  type PartitionKeyDefinition,
  samePartitionKey,
} from '../partition-key.ts';

const MAX_ITEM_BYTES = 2 * 1024 * 1024;
const MAX_ID_BYTES = 1023;
const FORBIDDEN_IN_ID = /[/\\?#]/;

const assertId = (id: unknown): string => {
  const isValid =
    typeof id === 'string' && id !== '' && Buffer.byteLength(id) <= MAX_ID_BYTES && !FORBIDDEN_IN_ID.test(id);
  if (!isValid) {
    throw badRequest(
      "The input name is invalid. Ensure to provide a unique non-empty string less than '1024' characters without '/', '\\', '?' or '#'.",
    );
  }
  return id;
};

const assertTtl = (ttl: unknown): void => {
  if (ttl === undefined || (Number.isInteger(ttl) && (ttl === -1 || Number(ttl) > 0))) return;
  throw badRequest(
    "The input ttl is invalid. Ensure to provide a nonzero positive integer less than or equal to 2147483647, or '-1'.",
  );
};

/**
 * A body that may be stored under a partition key, and its id.
 *
 * @throws CosmosError 413 above 2 MB, 400 for a bad id or ttl or when its key is not the request's
 */
export const validateItem = (
  body: unknown,
  key: PartitionKey,
  definition: PartitionKeyDefinition,
): { readonly id: string; readonly document: JsonObject } => {
  if (!isJsonObject(body)) throw badRequest('The request body is not a JSON object.');
  const id = assertId(body['id']);
  assertTtl(body['ttl']);
  if (Buffer.byteLength(JSON.stringify(body)) > MAX_ITEM_BYTES) throw tooLarge();
  if (!samePartitionKey(extractPartitionKey(body, definition), key)) {
    throw badRequest("PartitionKey extracted from document doesn't match the one specified in the header.", 1001);
  }
  return { id, document: body };
};
