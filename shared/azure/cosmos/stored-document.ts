import type { JSONObject } from '@azure/cosmos';
import type { Document, Stored } from '../../platform/documents.ts';
import { SlipwayError } from '../../platform/errors.ts';

/** A document as the container has it: with its partition, and the service's own properties. */
export type StoredDocument = Document & { readonly _etag: string };

const isReserved = (name: string): boolean => name === 'partition' || name.startsWith('_');

/** @throws SlipwayError INVALID_PARAMETER_VALUE for a property that would not come back: `partition` and `_…` are taken */
export const toStored = (partition: string, value: Document): JSONObject => {
  const reserved = Object.keys(value).find(isReserved);
  if (reserved !== undefined) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `a document must not have a property '${reserved}'`);
  }
  return { ...value, partition } as unknown as JSONObject;
};

export const fromStored = <T extends Document>(stored: StoredDocument): Stored<T> => {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(stored)) if (!isReserved(name)) own[name] = value;
  return { value: own as unknown as T, etag: stored._etag };
};
