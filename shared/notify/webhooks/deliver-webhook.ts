import type { Egress } from '../../platform/http/egress.ts';
import type { Logger } from '../../platform/logging.ts';
import type { SecretBox } from '../../platform/secrets.ts';
import type { Clock } from '../../platform/time.ts';
import { attemptPost } from '../attempt-post.ts';
import type { WebhookDeliveryStore } from './delivery-store.ts';
import type { Webhook } from './webhook.ts';
import { afterAttempt, signingTime, type WebhookDelivery } from './webhook-delivery.ts';
import { mlflowHeaders } from './webhook-request.ts';
import type { WebhookStore } from './webhook-store.ts';

export interface DeliverWebhookServices {
  readonly webhooks: WebhookStore;
  readonly webhookDeliveries: WebhookDeliveryStore;
  readonly egress: Pick<Egress, 'post'>;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The receiver must answer within this, as with MLflow. */
export const WEBHOOK_TIMEOUT_MS = 30_000;

/**
 * Makes one attempt at a delivery and stores how it went; one whose webhook is disabled or gone is cancelled. A
 * delivery that has ended, or is not due yet, is left alone, so a message that comes twice does not tell twice.
 */
export const deliverWebhook = async (
  { day, id }: { readonly day: string; readonly id: string },
  services: DeliverWebhookServices,
): Promise<void> => {
  const { webhooks, webhookDeliveries, clock, log } = services;
  const found = await webhookDeliveries.read(day, id);
  if (found === undefined || found.value.phase !== 'queued') return;
  const delivery = found.value;
  if (delivery.wakeUp !== null && delivery.wakeUp.at > clock()) return;

  const webhook = await webhooks.find(delivery.webhook);
  const next = webhook?.status === 'ACTIVE' ? await attempt(delivery, webhook, services) : cancelled(delivery, webhook);

  await webhookDeliveries.save(next, found.etag, clock());
  const { phase, attempts, event, lastStatus } = next;
  log.info({ delivery: id, webhook: delivery.webhook, event, phase, attempts, lastStatus }, 'webhook attempted');
};

const attempt = async (
  delivery: WebhookDelivery,
  { url, sealedSecret }: Webhook,
  services: DeliverWebhookServices,
): Promise<WebhookDelivery> => {
  const {
    id,
    payload: { body },
  } = delivery;
  const timestamp = signingTime(delivery, services.clock());
  const outcome = await attemptPost(() => {
    const secret = sealedSecret === undefined ? undefined : services.secrets.open(sealedSecret);
    return { url, headers: mlflowHeaders({ id, timestamp, body }, secret), body, timeoutMs: WEBHOOK_TIMEOUT_MS };
  }, services);
  return afterAttempt({ ...delivery, signedAt: timestamp }, outcome, services.clock());
};

const cancelled = (delivery: WebhookDelivery, webhook: Webhook | undefined): WebhookDelivery => ({
  ...delivery,
  phase: 'cancelled',
  lastReason: webhook === undefined ? 'the webhook was deleted' : 'the webhook is disabled',
  wakeUp: null,
});
