import type { Document, Documents, Stored } from '../platform/documents.ts';
import { type Cause, journalEntry, journalWrite, type WakeUp } from '../platform/journal.ts';
import { addMs, type EpochMs, toIso } from '../platform/time.ts';
import type { Message } from './render-message.ts';

/** One message to one channel. Its id is derived from event and channel, so an event delivered twice tells once. */
export interface NotificationDelivery extends Document {
  readonly kind: 'notification';
  readonly channel: string;
  readonly rule: string;
  readonly message: Message;
  readonly phase: 'queued' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly createdAt: string;
  readonly lastReason?: string;
  /** The relay sends it to `deliver-notification`; null once the delivery has ended. */
  readonly wakeUp: WakeUp | null;
}

/** 0, 10 s, 1 min, 5 min, 30 min, 2 h, 5 h, 8 h, 8 h: about a day in all. */
const RETRY_AFTER_MS = [10_000, 60_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 28_800_000, 28_800_000] as const;

/** When to try again after so many attempts, or undefined when enough is enough. */
export const nextAttemptAt = (attempts: number, now: EpochMs, retryAfterMs = 0): EpochMs | undefined => {
  const wait = RETRY_AFTER_MS[attempts - 1];
  return wait === undefined ? undefined : addMs(now, Math.max(wait, retryAfterMs));
};

export interface DeliveryStore {
  /** Creates the delivery; one that exists is left as it is. */
  create(delivery: NotificationDelivery): Promise<void>;
  read(day: string, id: string): Promise<Stored<NotificationDelivery> | undefined>;
  /** Stores the next state; false when somebody else was faster. A failed one is journaled. */
  save(day: string, next: NotificationDelivery, etag: string, now: EpochMs): Promise<boolean>;
}

const causeOf = (delivery: NotificationDelivery): Cause => ({
  causedBy: delivery.message.id,
  correlationId: delivery.message.correlationId,
});

const failureEntry = (delivery: NotificationDelivery, now: EpochMs) =>
  journalEntry(
    `${delivery.id}:failed`,
    {
      type: 'slipway.notification.failed',
      subject: `deliveries/${delivery.id}`,
      data: {
        delivery: delivery.id,
        channel: delivery.channel,
        rule: delivery.rule,
        event: delivery.message.id,
        eventType: delivery.message.type,
        attempts: delivery.attempts,
        reason: delivery.lastReason ?? 'unknown',
      },
    },
    causeOf(delivery),
    now,
  );

/** Deliveries in the container `deliveries`, one partition a day. */
export const createDeliveryStore = (documents: Documents): DeliveryStore => ({
  async create(delivery) {
    await documents.commit(dayOf(delivery), [{ op: 'create', value: delivery }]);
  },
  read: (day, id) => documents.read<NotificationDelivery>(day, id),
  async save(day, next, etag, now) {
    const entries = next.phase === 'failed' ? [journalWrite(failureEntry(next, now))] : [];
    const outcome = await documents.commit(day, [{ op: 'replace', value: next, etag }, ...entries]);
    return outcome.ok;
  },
});

/** Partition of a delivery: the day of its event, so that a replay on another day finds the first one. */
const dayOf = (delivery: Pick<NotificationDelivery, 'createdAt'>): string => delivery.createdAt.slice(0, 10);

/** A new delivery, due at once. */
export const queuedDelivery = (
  id: string,
  target: { readonly channel: string; readonly rule: string },
  message: Message,
  at: EpochMs,
): NotificationDelivery => {
  const createdAt = message.time === undefined ? toIso(at) : new Date(message.time).toISOString();
  const day = createdAt.slice(0, 10);
  return {
    id,
    kind: 'notification',
    ...target,
    message,
    phase: 'queued',
    attempts: 0,
    createdAt,
    wakeUp: { queue: 'deliver-notification', at, message: { day, id } },
  };
};
