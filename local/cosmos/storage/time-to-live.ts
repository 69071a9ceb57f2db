import { type EpochMs, epochMs } from '../../../shared/platform/time.ts';
import type { JsonObject } from '../json.ts';
import type { ContainerDefinition } from './container-definition.ts';

const NEVER = -1;

/** When a document expires; undefined for never. A document's `ttl` counts only where the container has expiry on. */
const expiresAt = (definition: Pick<ContainerDefinition, 'defaultTtl'>, document: JsonObject): EpochMs | undefined => {
  if (definition.defaultTtl === undefined) return undefined;
  const own = document['ttl'];
  const ttlSeconds = typeof own === 'number' ? own : definition.defaultTtl;
  if (ttlSeconds === NEVER) return undefined;
  return epochMs((Number(document['_ts']) + ttlSeconds) * 1000);
};

export const isExpired = (
  definition: Pick<ContainerDefinition, 'defaultTtl'>,
  document: JsonObject,
  now: EpochMs,
): boolean => {
  const at = expiresAt(definition, document);
  return at !== undefined && at <= now;
};
