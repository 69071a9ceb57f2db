import { addMs, type EpochMs } from '../../shared/platform/time.ts';
import { DEAD_LETTER_DELAY_MS, judge, nextWaitMs } from './retry-schedule.ts';
import { deadLetterContainer, type Subscription } from './subscription.ts';
import type { Attempt, Delivery, EndReason } from './types.ts';

export interface Timing {
  /** Factor on every documented duration. */
  readonly timeScale: number;
  /** Share added to a retry wait. */
  readonly jitter: () => number;
}

export interface EndedAttempt {
  readonly attempt: Attempt;
  /** Waits count from here: an attempt that times out takes 30 s. */
  readonly endedAt: EpochMs;
}

/** The delivery after an attempt: delivered, waiting for the next one, or given up. */
export const afterAttempt = (
  delivery: Delivery,
  subscription: Subscription,
  { attempt, endedAt }: EndedAttempt,
  timing: Timing,
): Delivery => {
  const attempts = [...delivery.attempts, attempt];
  const tried: Delivery = { ...delivery, attempts };
  const verdict = judge(attempt, subscription.properties.destination.endpointType);
  if (verdict.kind === 'delivered') return { ...tried, phase: 'delivered' };
  const isLast = attempts.length >= subscription.properties.retryPolicy.maxDeliveryAttempts;
  if (verdict.kind === 'give-up' || isLast) {
    return givenUp(tried, subscription, 'MaxDeliveryAttemptsExceeded', endedAt, timing);
  }
  const waitMs = nextWaitMs(attempts.length, verdict.minimumWaitMs) * (1 + timing.jitter()) * timing.timeScale;
  return { ...tried, dueAt: addMs(endedAt, waitMs) };
};

/** Whether its time to live is over. The service looks only when an attempt is due. */
export const isExpired = (
  delivery: Delivery,
  subscription: Subscription,
  now: EpochMs,
  { timeScale }: Pick<Timing, 'timeScale'>,
): boolean => {
  const timeToLiveMs = subscription.properties.retryPolicy.eventTimeToLiveInMinutes * 60_000 * timeScale;
  return delivery.attempts.length > 0 && now - delivery.createdAt >= timeToLiveMs;
};

/** The delivery once nothing more is tried: on its way to the dead letters, or dropped when there are none. */
export const givenUp = (
  delivery: Delivery,
  subscription: Subscription,
  reason: EndReason,
  now: EpochMs,
  { timeScale }: Pick<Timing, 'timeScale'>,
): Delivery =>
  deadLetterContainer(subscription) === undefined
    ? { ...delivery, phase: 'dropped', reason }
    : { ...delivery, phase: 'dead-lettering', reason, dueAt: addMs(now, DEAD_LETTER_DELAY_MS * timeScale) };
