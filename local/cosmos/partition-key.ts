import * as z from 'zod';
import { badRequest } from './cosmos-error.ts';
import { isJsonObject, type Json, type JsonObject, pathSteps, valueAt } from './json.ts';

export const partitionKeyDefinition = z.object({
  paths: z.array(z.string().startsWith('/')).min(1).max(3),
  kind: z.enum(['Hash', 'MultiHash', 'Range']).default('Hash'),
  version: z.number().optional(),
});

export type PartitionKeyDefinition = z.infer<typeof partitionKeyDefinition>;

/** A component that the document does not have, written `{}` on the wire, is undefined here. */
export type KeyComponent = null | boolean | number | string | undefined;

export type PartitionKey = readonly KeyComponent[];

const MAX_KEY_BYTES = 2048;

const toComponent = (value: unknown): KeyComponent => {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string') {
    return value;
  }
  if (value === undefined || (isJsonObject(value) && Object.keys(value).length === 0)) return undefined;
  throw badRequest('The partition key supplied has an invalid component.');
};

/** The key in wire form, usable as a map key: `["a",{}]`. */
export const keyText = (key: PartitionKey): string =>
  JSON.stringify(key.map((component) => (component === undefined ? {} : component)));

/**
 * The value of `x-ms-documentdb-partitionkey`.
 *
 * @throws CosmosError 400 when it is no array of scalars or longer than 2048 bytes
 */
export const parsePartitionKey = (text: string): PartitionKey => {
  if (Buffer.byteLength(text) > MAX_KEY_BYTES) throw badRequest('The partition key is larger than 2048 bytes.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw badRequest('Partition key header is not valid JSON.');
  }
  if (!Array.isArray(parsed)) throw badRequest('Partition key header is not an array.');
  return parsed.map(toComponent);
};

export const extractPartitionKey = (document: JsonObject, definition: PartitionKeyDefinition): PartitionKey =>
  definition.paths.map((path) => toComponent(valueAt(document, pathSteps(path)) as Json | undefined));

export const samePartitionKey = (left: PartitionKey, right: PartitionKey): boolean =>
  left.length === right.length && left.every((component, index) => component === right[index]);

export const hasPrefix = (key: PartitionKey, prefix: PartitionKey): boolean =>
  prefix.every((component, index) => component === key[index]);
