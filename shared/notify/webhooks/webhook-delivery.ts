import type { Document } from '../../platform/documents.ts';
import type { WakeUp } from '../../platform/journal.ts';
import { addMs, type EpochMs, toIso } from '../../platform/time.ts';
import type { Attempt } from '../attempt-post.ts';

/** One event to one webhook. What is sent is fixed when it is queued: changes of the model since do not show. */
export interface WebhookDelivery extends Document {
  readonly kind: 'webhook-delivery';
  /** Id of the webhook. */
  readonly webhook: string;
  /** Such as `model_version.created`. */
  readonly event: string;
  /** Id of our event, and of the journal entry. */
  readonly eventId: string;
  readonly eventType: string;
  readonly correlationId: string;
  /** What is sent, byte for byte. */
  readonly payload: { readonly body: string };
  /** Unix seconds that are signed and sent with the body. */
  readonly signedAt: number;
  /** `cancelled`: the webhook was disabled or deleted before it could be delivered. */
  readonly phase: 'queued' | 'delivered' | 'failed' | 'cancelled';
  /** Attempts since it was queued or replayed. */
  readonly attempts: number;
  readonly replays: number;
  /** RFC 3339: when the event was. */
  readonly createdAt: string;
  readonly lastAttemptAt?: string;
  /** HTTP status of the last answer; absent when nobody answered the last attempt. */
  readonly lastStatus?: number;
  readonly lastReason?: string;
  /** The relay sends it to `deliver-notification`; null once the delivery has ended. */
  readonly wakeUp: WakeUp | null;
}

/** Partition of a delivery: the day of its event, so that an event that comes again on another day finds the first. */
export const dayOf = ({ createdAt }: Pick<WebhookDelivery, 'createdAt'>): string => createdAt.slice(0, 10);

/** Queued and due at once, to be signed as of now. */
export const dueNow = <D extends Pick<WebhookDelivery, 'id' | 'createdAt'>>(delivery: D, now: EpochMs) => ({
  ...delivery,
  phase: 'queued' as const,
  attempts: 0,
  signedAt: secondsOf(now),
  wakeUp: {
    queue: 'deliver-notification' as const,
    at: now,
    message: { day: dayOf(delivery), id: delivery.id, kind: 'webhook' },
  },
});

/** 0, 1, 2 and 4 s as MLflow does, for a receiver that hiccups; then about a day, for one that is down. */
const RETRY_AFTER_MS = [
  1000, 2000, 4000, 30_000, 300_000, 1_800_000, 7_200_000, 18_000_000, 28_800_000, 28_800_000,
] as const;

/** The delivery after an attempt. */
export const afterAttempt = (delivery: WebhookDelivery, attempt: Attempt, now: EpochMs): WebhookDelivery => {
  const { lastStatus: _, lastReason: __, ...rest } = delivery;
  const tried = {
    ...rest,
    attempts: delivery.attempts + 1,
    lastAttemptAt: toIso(now),
    ...(attempt.status === undefined ? {} : { lastStatus: attempt.status }),
  };
  if (attempt.kind === 'delivered') return { ...tried, phase: 'delivered', wakeUp: null };
  const failed = { ...tried, lastReason: attempt.reason };
  const wait = attempt.kind === 'retry' ? RETRY_AFTER_MS[delivery.attempts] : undefined;
  if (attempt.kind === 'refused' || wait === undefined || delivery.wakeUp === null) {
    return { ...failed, phase: 'failed', wakeUp: null };
  }
  return { ...failed, wakeUp: { ...delivery.wakeUp, at: addMs(now, Math.max(wait, attempt.retryAfterMs)) } };
};

/** Half of the five minutes beyond which receivers that follow MLflow's documentation refuse what they get. */
const FRESH_S = 150;

/**
 * When to sign as of: every attempt of the first minutes with the same time, so that it is the same message; a later
 * one with its own, because receivers take what is old for a replay by somebody else.
 *
 * @returns Unix seconds
 */
export const signingTime = ({ signedAt }: Pick<WebhookDelivery, 'signedAt'>, now: EpochMs): number =>
  secondsOf(now) - signedAt > FRESH_S ? secondsOf(now) : signedAt;

const secondsOf = (at: EpochMs): number => Math.floor(at / 1000);
