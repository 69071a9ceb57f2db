import type { Document, Documents, Stored, Write } from '../../platform/documents.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { type JournalEntry, journalWrite } from '../../platform/journal.ts';
import { sharedReading } from '../../platform/shared-reading.ts';
import type { Webhook } from './webhook.ts';

/** The webhooks, all in one partition of the container `settings`. Each write takes its journal entry along. */
export interface WebhookStore {
  /** All, in no order. */
  list(): Promise<readonly Webhook[]>;
  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  get(id: string): Promise<Stored<Webhook>>;
  /** The webhook, or undefined when it is not there any more. */
  find(id: string): Promise<Webhook | undefined>;
  create(webhook: Webhook, entry: JournalEntry): Promise<void>;
  /** False when it has changed, or gone, since it was read. */
  replace(webhook: Webhook, etag: string, entry: JournalEntry): Promise<boolean>;
  /** False when it has changed, or gone, since it was read. */
  delete(id: string, etag: string, entry: JournalEntry): Promise<boolean>;
}

const PARTITION = 'webhook';
const PAGE = 1000;

/** Ids come out of URLs, and Cosmos DB takes not every text for one. */
const ID = /^[0-9a-f-]{36}$/;

export const createWebhookStore = (documents: Documents): WebhookStore => {
  const read = async (id: string): Promise<Stored<Webhook> | undefined> => {
    if (!ID.test(id)) return undefined;
    const stored = await documents.read<Document>(PARTITION, id);
    return stored?.value.kind === 'webhook' ? (stored as Stored<Webhook>) : undefined;
  };
  const commit = async (write: Write, entry: JournalEntry): Promise<boolean> =>
    (await documents.commit(PARTITION, [write, journalWrite(entry)])).ok;
  return {
    list: sharedReading(async () => {
      const webhooks: Webhook[] = [];
      let continuation: string | undefined;
      do {
        const page = await documents.query<Webhook>(PARTITION, {
          kind: 'webhook',
          limit: PAGE,
          ...(continuation === undefined ? {} : { continuation }),
        });
        webhooks.push(...page.items.map(({ value }) => value));
        continuation = page.next;
      } while (continuation !== undefined);
      return webhooks;
    }),

    async get(id) {
      const stored = await read(id);
      if (stored !== undefined) return stored;
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `Webhook with ID ${id} not found.`);
    },

    find: async (id) => (await read(id))?.value,

    async create(webhook, entry) {
      await commit({ op: 'create', value: webhook }, entry);
    },

    replace: (webhook, etag, entry) => commit({ op: 'replace', value: webhook, etag }, entry),

    delete: (id, etag, entry) => commit({ op: 'delete', id, etag }, entry),
  };
};
