import { SlipwayError } from '../../platform/errors.ts';
import type { Clock } from '../../platform/time.ts';
import type { WebhookDeliveryStore } from './delivery-store.ts';
import { dueNow, type WebhookDelivery } from './webhook-delivery.ts';
import type { WebhookStore } from './webhook-store.ts';

export interface ReplayDeliveryServices {
  readonly webhooks: WebhookStore;
  readonly webhookDeliveries: WebhookDeliveryStore;
  readonly clock: Clock;
}

/**
 * Sends a delivery again, however it ended, or at once if it waits: the same body under the same id, signed anew.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_STATE when the webhook is disabled; RESOURCE_CONFLICT when an
 * attempt ended at the same moment
 */
export const replayDelivery = async (
  { webhook: id, delivery }: { readonly webhook: string; readonly delivery: string },
  { webhooks, webhookDeliveries, clock }: ReplayDeliveryServices,
): Promise<WebhookDelivery> => {
  const { value: webhook } = await webhooks.get(id);
  const { value, etag } = await webhookDeliveries.get(id, delivery);
  if (webhook.status !== 'ACTIVE') {
    throw new SlipwayError('INVALID_STATE', `webhook '${webhook.name}' is disabled: set its status to ACTIVE first`);
  }
  const now = clock();
  const next: WebhookDelivery = dueNow({ ...value, replays: value.replays + 1 }, now);
  if (await webhookDeliveries.save(next, etag, now)) return next;
  throw new SlipwayError('RESOURCE_CONFLICT', `delivery '${delivery}' changed just now: look at it again`);
};
