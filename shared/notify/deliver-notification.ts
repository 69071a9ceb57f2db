import type { Egress } from '../platform/http/egress.ts';
import type { Logger } from '../platform/logging.ts';
import type { SecretBox } from '../platform/secrets.ts';
import type { Clock, EpochMs } from '../platform/time.ts';
import type { Channel } from './alert-rule.ts';
import { type Attempt, attemptPost } from './attempt-post.ts';
import { type DeliveryStore, type NotificationDelivery, nextAttemptAt } from './delivery-store.ts';
import type { SettingsStore } from './settings-store.ts';
import { webhookHeaders } from './sign-webhook.ts';

export interface DeliverNotificationServices {
  readonly channels: SettingsStore<Channel>;
  readonly notifications: DeliveryStore;
  readonly egress: Pick<Egress, 'post'>;
  readonly secrets: SecretBox;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The receiver must answer within this. */
const TIMEOUT_MS = 20_000;

/**
 * Makes one attempt at a delivery and stores how it went. A delivery that has ended, or is not due yet, is left alone,
 * so a message that comes twice does not tell twice.
 */
export const deliverNotification = async (
  { day, id }: { readonly day: string; readonly id: string },
  services: DeliverNotificationServices,
): Promise<void> => {
  const found = await services.notifications.read(day, id);
  if (found === undefined || found.value.phase !== 'queued') return;
  const delivery = found.value;
  if (delivery.wakeUp !== null && delivery.wakeUp.at > services.clock()) return;

  const attempt = await attemptDelivery(delivery, services);

  const next = settle(delivery, attempt, services.clock());
  await services.notifications.save(day, next, found.etag, services.clock());
  services.log.info(
    { delivery: id, channel: delivery.channel, phase: next.phase, attempts: next.attempts },
    'notification attempted',
  );
};

const attemptDelivery = async (
  delivery: NotificationDelivery,
  services: DeliverNotificationServices,
): Promise<Attempt> => {
  const channel = (await services.channels.get(delivery.channel))?.value;
  if (channel === undefined) return { kind: 'refused', reason: `there is no channel '${delivery.channel}'` };
  switch (channel.kind) {
    case 'log':
      services.log.info({ event: delivery.message.id, type: delivery.message.type }, delivery.message.title);
      return { kind: 'delivered' };
    case 'webhook':
      return post(channel, delivery, services);
    default:
      return channel satisfies never;
  }
};

const post = (
  channel: Extract<Channel, { kind: 'webhook' }>,
  delivery: NotificationDelivery,
  { secrets, ...services }: DeliverNotificationServices,
): Promise<Attempt> => {
  const body = JSON.stringify(delivery.message);
  return attemptPost(() => {
    const secret = channel.sealedSecret === undefined ? undefined : secrets.open(channel.sealedSecret);
    const headers = webhookHeaders(delivery.id, Math.floor(services.clock() / 1000), body, secret);
    return { url: channel.url, headers, body, timeoutMs: TIMEOUT_MS };
  }, services);
};

const settle = (delivery: NotificationDelivery, attempt: Attempt, now: EpochMs): NotificationDelivery => {
  const attempts = delivery.attempts + 1;
  if (attempt.kind === 'delivered') return { ...delivery, attempts, phase: 'delivered', wakeUp: null };
  const again = attempt.kind === 'retry' ? nextAttemptAt(attempts, now, attempt.retryAfterMs) : undefined;
  const lastReason = attempt.reason;
  return again === undefined || delivery.wakeUp === null
    ? { ...delivery, attempts, lastReason, phase: 'failed', wakeUp: null }
    : { ...delivery, attempts, lastReason, wakeUp: { ...delivery.wakeUp, at: again } };
};
