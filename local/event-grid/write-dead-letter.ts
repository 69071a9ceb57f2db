import { randomUUID } from 'node:crypto';
import { addMs } from '../../shared/platform/time.ts';
import type { EmulatorContext } from './context.ts';
import { deadLetterBlobName, deadLetterJson } from './dead-letter.ts';
import { DEAD_LETTER_GIVE_UP_MS, DEAD_LETTER_RETRY_MS } from './retry-schedule.ts';
import { deadLetterContainer } from './subscription.ts';
import type { Delivery } from './types.ts';

/** Writes the dead letter that is due. Returns the delivery as ended, or as due again when the container is away. */
export const writeDeadLetterOf = async (context: EmulatorContext, delivery: Delivery): Promise<Delivery> => {
  const { store, clock, timeScale, writeDeadLetter } = context;
  const subscription = store.subscriptions.get(delivery.subscriptionId);
  const accepted = store.events.get(delivery.seq);
  const container = subscription === undefined ? undefined : deadLetterContainer(subscription);
  if (subscription === undefined || accepted === undefined || container === undefined) {
    return { ...delivery, phase: 'dropped', reason: 'SubscriptionDeleted' };
  }
  const blobName = delivery.blobName ?? deadLetterBlobName(subscription.name, clock(), randomUUID());
  try {
    if (writeDeadLetter === undefined) throw new Error('no blob storage to write dead letters to');
    await writeDeadLetter(container, blobName, deadLetterJson(subscription, accepted, delivery));
    return { ...delivery, blobName, phase: 'dead-lettered' };
  } catch {
    // Whatever the reason, the service's answer is the same: try again, for four hours.
    const lastAt = delivery.attempts.at(-1)?.at ?? delivery.createdAt;
    return clock() - lastAt >= DEAD_LETTER_GIVE_UP_MS * timeScale
      ? { ...delivery, phase: 'dropped', reason: 'DeadLetterUnreachable' }
      : { ...delivery, blobName, dueAt: addMs(clock(), DEAD_LETTER_RETRY_MS * timeScale) };
  }
};
