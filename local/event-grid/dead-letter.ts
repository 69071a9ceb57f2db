import { type EpochMs, toIso } from '../../shared/platform/time.ts';
import { convertEvent } from './convert-event.ts';
import type { Subscription } from './subscription.ts';
import type { AcceptedEvent, Delivery } from './types.ts';

/** `SUBSCRIPTION/2026/1/31/7/<id>.json`: UTC, and only the year is padded. */
export const deadLetterBlobName = (subscriptionName: string, at: EpochMs, id: string): string => {
  const date = new Date(at);
  const parts = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours()];
  return `${subscriptionName.toUpperCase()}/${parts.join('/')}/${id}.json`;
};

/**
 * The content of a dead letter: an array with the event as it was delivered, and why it was given up.
 *
 * @see https://learn.microsoft.com/azure/event-grid/manage-event-delivery
 */
export const deadLetterJson = (subscription: Subscription, accepted: AcceptedEvent, delivery: Delivery): string => {
  const schema = subscription.properties.eventDeliverySchema;
  const last = delivery.attempts.at(-1);
  const properties = {
    deadLetterReason: delivery.reason,
    deliveryAttempts: delivery.attempts.length,
    lastDeliveryOutcome: last?.outcome,
    publishTime: toIso(accepted.acceptedAt),
    lastDeliveryAttemptTime: last === undefined ? undefined : toIso(last.at),
  };
  // CloudEvents allows lower-case attribute names only.
  const named =
    schema === 'EventGridSchema'
      ? properties
      : Object.fromEntries(Object.entries(properties).map(([name, value]) => [name.toLowerCase(), value]));
  return JSON.stringify([{ ...convertEvent(accepted, schema), ...named }]);
};
