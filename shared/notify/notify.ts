import * as z from 'zod';
import type { ReceivedEvent } from '../events/envelope.ts';
import { derivedId } from '../platform/ids.ts';
import type { Clock } from '../platform/time.ts';
import type { AlertRule } from './alert-rule.ts';
import { type DeliveryStore, queuedDelivery } from './delivery-store.ts';
import { channelsFor } from './match-rules.ts';
import { renderMessage } from './render-message.ts';
import type { SettingsStore } from './settings-store.ts';

export interface NotifyServices {
  readonly alertRules: SettingsStore<AlertRule>;
  readonly notifications: DeliveryStore;
  readonly clock: Clock;
}

const FAILED = 'slipway.notification.failed';

/** As much as is read of a failed notification; data of another shape stops nobody. */
const failedNotification = z.object({ channel: z.string().optional(), eventType: z.string().optional() }).catch({});

/**
 * Queues one delivery per channel that a rule names for this event, and returns how many there are.
 *
 * A failed notification is not told to the channel that failed, and that one could not be told of it is told to
 * nobody: two broken channels would tell each other for ever.
 */
export const notify = async (event: ReceivedEvent, services: NotifyServices): Promise<number> => {
  const failed = event.type === FAILED ? failedNotification.parse(event.data) : {};
  if (failed.eventType === FAILED) return 0;
  const targets = channelsFor(await services.alertRules.list(), event).filter(
    ({ channel }) => channel !== failed.channel,
  );
  const message = renderMessage(event);
  for (const target of targets) {
    const id = derivedId('dl', event.source, event.id, target.channel);
    await services.notifications.create(queuedDelivery(id, target, message, services.clock()));
  }
  return targets.length;
};
