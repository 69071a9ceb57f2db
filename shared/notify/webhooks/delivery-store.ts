import type { Documents, Page, Stored } from '../../platform/documents.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { type JournalEntry, journalEntry, journalWrite } from '../../platform/journal.ts';
import type { EpochMs } from '../../platform/time.ts';
import { dayOf, type WebhookDelivery } from './webhook-delivery.ts';

/** Deliveries to webhooks in the container `deliveries`, one partition a day, kept as long as that keeps things. */
export interface WebhookDeliveryStore {
  /** Creates the delivery; one that exists is left as it is. */
  create(delivery: WebhookDelivery): Promise<void>;
  read(day: string, id: string): Promise<Stored<WebhookDelivery> | undefined>;
  /** One of a webhook's deliveries. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  get(webhook: string, id: string): Promise<Stored<WebhookDelivery>>;
  /** A webhook's deliveries, newest event first. */
  list(
    webhook: string,
    page: { readonly limit: number; readonly continuation?: string },
  ): Promise<Page<WebhookDelivery>>;
  /** Stores the next state; false when somebody else was faster. A failed one is journaled. */
  save(next: WebhookDelivery, etag: string, now: EpochMs): Promise<boolean>;
}

const kind = 'webhook-delivery';

export const createWebhookDeliveryStore = (documents: Documents): WebhookDeliveryStore => ({
  async create(delivery) {
    await documents.commit(dayOf(delivery), [{ op: 'create', value: delivery }]);
  },

  read: (day, id) => documents.read<WebhookDelivery>(day, id),

  async get(webhook, id) {
    const { items } = await documents.query<WebhookDelivery>(undefined, {
      kind,
      where: [
        { path: 'webhook', op: '=', value: webhook },
        { path: 'id', op: '=', value: id },
      ],
      limit: 1,
    });
    if (items[0] !== undefined) return items[0];
    throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `webhook '${webhook}' has no delivery '${id}'`);
  },

  list: (webhook, page) =>
    documents.query<WebhookDelivery>(undefined, {
      kind,
      where: [{ path: 'webhook', op: '=', value: webhook }],
      orderBy: { path: 'createdAt', direction: 'desc' },
      ...page,
    }),

  async save(next, etag, now) {
    const entries = next.phase === 'failed' ? [journalWrite(failureEntry(next, now))] : [];
    const outcome = await documents.commit(dayOf(next), [{ op: 'replace', value: next, etag }, ...entries]);
    return outcome.ok;
  },
});

const failureEntry = (delivery: WebhookDelivery, now: EpochMs): JournalEntry =>
  journalEntry(
    `${delivery.id}:failed:${delivery.replays}`,
    {
      type: 'slipway.notification.failed',
      subject: `deliveries/${delivery.id}`,
      data: {
        delivery: delivery.id,
        webhook: delivery.webhook,
        event: delivery.eventId,
        eventType: delivery.eventType,
        attempts: delivery.attempts,
        reason: delivery.lastReason ?? 'unknown',
      },
    },
    { causedBy: delivery.eventId, correlationId: delivery.correlationId },
    now,
  );
