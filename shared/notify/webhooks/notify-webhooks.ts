import type { ReceivedEvent } from '../../events/envelope.ts';
import { type Clock, epochMs, toIso } from '../../platform/time.ts';
import type { WebhookDeliveryStore } from './delivery-store.ts';
import { newsOf } from './payload.ts';
import { isToldOf } from './webhook.ts';
import { dueNow } from './webhook-delivery.ts';
import { nameOf } from './webhook-event.ts';
import { deliveryId, webhookBody } from './webhook-request.ts';
import type { WebhookStore } from './webhook-store.ts';

/** What the registry knows of something beyond its event. */
export interface KnownTags {
  /** Tags of a model, or of a version of it, as they are now; none when it is gone. */
  tagsOf(model: string, version?: string): Promise<Readonly<Record<string, string>>>;
}

export interface NotifyWebhooksServices {
  readonly webhooks: WebhookStore;
  readonly webhookDeliveries: WebhookDeliveryStore;
  readonly registryTags: KnownTags;
  readonly clock: Clock;
}

/**
 * Queues one delivery per webhook that wants to be told of this event, and returns how many there are. The webhooks
 * are read anew for each event, so one that was created or disabled a moment ago counts.
 */
export const notifyWebhooks = async (
  received: ReceivedEvent,
  { webhooks, webhookDeliveries, registryTags, clock }: NotifyWebhooksServices,
): Promise<number> => {
  const news = newsOf(received);
  if (news === undefined) return 0;
  const at = received.time === undefined ? clock() : epochMs(Date.parse(received.time));
  const told = (await webhooks.list()).filter((webhook) => isToldOf(webhook, { ...news, at }));
  if (told.length === 0) return 0;
  const known = news.abridged ? await registryTags.tagsOf(news.model, news.version) : {};
  const body = webhookBody(news.event, at, news.data(known));
  for (const { id: webhook } of told) {
    const delivery = {
      id: deliveryId(received.source, received.id, webhook),
      kind: 'webhook-delivery' as const,
      webhook,
      event: nameOf(news.event),
      eventId: received.id,
      eventType: received.type,
      correlationId: received.correlationId,
      payload: { body },
      replays: 0,
      createdAt: toIso(at),
    };
    await webhookDeliveries.create(dueNow(delivery, clock()));
  }
  return told.length;
};
