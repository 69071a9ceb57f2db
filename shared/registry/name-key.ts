import { createHash } from 'node:crypto';
import { encodeId } from '../platform/ids.ts';

/** Cosmos DB's limit for an id is 1,023 bytes; names of other scripts grow ninefold when they are encoded. */
const MAX_KEY = 1_000;

/** Partition and id of the reservation of a name. */
export const nameKey = (name: string): string => {
  const key = `name:${encodeId(name.toWellFormed())}`;
  return key.length <= MAX_KEY ? key : `name:sha256:${createHash('sha256').update(name).digest('hex')}`;
};
