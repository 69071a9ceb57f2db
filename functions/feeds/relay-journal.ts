import type { Document } from '../../shared/platform/documents.ts';
import { type RelayServices, relayJournal } from '../../shared/platform/relay-journal.ts';
import { CONTAINERS, type ContainerName } from '../../shared/platform/resources.ts';

/** Containers whose changes are relayed; each has a function of its own, because a trigger watches one container. */
export const RELAYED: readonly ContainerName[] = (Object.keys(CONTAINERS) as ContainerName[]).filter(
  (name) => CONTAINERS[name].journaled,
);

/** Journal entries become events, wake-ups become queue messages. */
export const relayDocuments = (documents: readonly unknown[], services: RelayServices): Promise<void> =>
  relayJournal(documents as readonly Document[], services);
