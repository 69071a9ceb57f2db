import type { Documents, Stored, Write } from '../platform/documents.ts';
import { SlipwayError } from '../platform/errors.ts';
import { encodeId } from '../platform/ids.ts';
import { type JournalEntry, journalWrite } from '../platform/journal.ts';
import type { Monitor, MonitorDefinition } from './monitor.ts';

export interface MonitorStore {
  get(name: string): Promise<Stored<Monitor> | undefined>;
  list(limit: number, cursor?: string): Promise<{ items: readonly Monitor[]; next?: string }>;
  /**
   * Creates or redefines a monitor, keeping what was seen of it.
   *
   * @throws SlipwayError RESOURCE_CONFLICT when the monitor changes faster than it can be stored
   */
  define(definition: MonitorDefinition): Promise<Monitor>;
  /**
   * Stores a monitor and what happened to it in one batch.
   *
   * @returns false when the entry exists: it was recorded before
   * @throws SlipwayError RESOURCE_CONFLICT when the monitor changed meanwhile
   */
  record(monitor: Monitor, entry: JournalEntry, etag: string | undefined): Promise<boolean>;
}

const ID = 'monitor';

/** Only drift that is recorded at the same moment is in the way, so the second attempt nearly always holds. */
const DEFINE_ATTEMPTS = 5;

const writeOf = (monitor: Monitor, etag: string | undefined): Write =>
  etag === undefined ? { op: 'create', value: monitor } : { op: 'replace', value: monitor, etag };

const changedMeanwhile = (name: string): SlipwayError =>
  new SlipwayError('RESOURCE_CONFLICT', `monitor '${name}' changed meanwhile`);

/** Monitors in the container `monitors`, one partition each. */
export const createMonitorStore = (documents: Documents): MonitorStore => {
  const get = (name: string) => documents.read<Monitor>(encodeId(name), ID);
  return {
    get,

    async list(limit, cursor) {
      const page = await documents.query<Monitor>(undefined, {
        kind: 'monitor',
        limit,
        ...(cursor === undefined ? {} : { continuation: cursor }),
      });
      const items = page.items.map(({ value }) => value);
      return page.next === undefined ? { items } : { items, next: page.next };
    },

    async define(definition) {
      for (let attempt = 1; attempt <= DEFINE_ATTEMPTS; attempt += 1) {
        const found = await get(definition.name);
        const monitor: Monitor = { ...found?.value, id: ID, kind: 'monitor', definition };
        const outcome = await documents.commit(encodeId(definition.name), [writeOf(monitor, found?.etag)]);
        if (outcome.ok) return monitor;
      }
      throw changedMeanwhile(definition.name);
    },

    async record(monitor, entry, etag) {
      const partition = encodeId(monitor.definition.name);
      if ((await documents.read(partition, entry.id)) !== undefined) return false;
      const outcome = await documents.commit(partition, [writeOf(monitor, etag), journalWrite(entry)]);
      if (outcome.ok) return true;
      throw changedMeanwhile(monitor.definition.name);
    },
  };
};
