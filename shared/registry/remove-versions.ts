import type { Write } from '../platform/documents.ts';
import type { RegistryStore } from './store.ts';

/** The most writes of one batch. */
const BATCH = 100;

/** Removes what is stored of a deleted model's versions, with their packages and what these wait for. The journal stays. */
export const removeVersions = async (registry: RegistryStore, modelId: string): Promise<void> => {
  const ids: string[] = [];
  for await (const { value } of registry.versions(modelId)) ids.push(value.id);
  for await (const { value } of registry.tombstones(modelId)) ids.push(value.id);
  for await (const { value } of registry.packages(modelId)) ids.push(value.id);
  for (let from = 0; from < ids.length; from += BATCH) {
    const writes = ids.slice(from, from + BATCH).map((id): Write => ({ op: 'delete', id }));
    const outcome = await registry.commit(modelId, writes);
    // Somebody else is removing them too: he has the rest, or the next claim of the name has.
    if (!outcome.ok) return;
  }
};
