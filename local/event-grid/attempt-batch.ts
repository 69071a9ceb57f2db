import type { EpochMs } from '../../shared/platform/time.ts';
import type { EmulatorContext } from './context.ts';
import { afterAttempt, givenUp, isExpired } from './decide-delivery.ts';
import { deliveryRequest } from './delivery-request.ts';
import { outcomeOf } from './retry-schedule.ts';
import { isActive, type Subscription } from './subscription.ts';
import type { AcceptedEvent, AttemptResult, Delivery } from './types.ts';

/** Tries deliveries of one subscription that go in one request; all of them fare alike. Returns what became of each. */
export const attemptBatch = async (
  context: EmulatorContext,
  batch: readonly Delivery[],
): Promise<readonly Delivery[]> => {
  const { store, clock, faults } = context;
  const subscription = store.subscriptions.get(batch[0]?.subscriptionId ?? '');
  if (subscription === undefined || !isActive(subscription, clock())) {
    return batch.map((one) => ({ ...one, phase: 'dropped', reason: 'SubscriptionDeleted' }));
  }
  const at = clock();
  const fates = batch.map((one) => fateOf(context, subscription, one, at));
  const toSend = batch.filter((_, index) => fates[index] === undefined);
  const events = toSend.flatMap(({ seq }) => store.events.get(seq) ?? []);
  const injected = toSend.length === 0 ? undefined : faults.takeFailure(subscription.name);
  const result =
    injected === undefined ? await send(context, subscription, events, toSend) : answered(injected, 'fault');
  const ended = { attempt: { at, ...result }, endedAt: clock() };
  return batch.map((one, index) => fates[index] ?? afterAttempt(one, subscription, ended, context));
};

/** What ends a delivery without an attempt: its age, or a fault. */
const fateOf = (
  context: EmulatorContext,
  subscription: Subscription,
  delivery: Delivery,
  now: EpochMs,
): Delivery | undefined => {
  if (isExpired(delivery, subscription, now, context)) {
    return givenUp(delivery, subscription, 'TimeToLiveExceeded', now, context);
  }
  if (context.faults.takeDrop(subscription.name)) return { ...delivery, phase: 'dropped', reason: 'DroppedByFault' };
  return undefined;
};

const send = async (
  context: EmulatorContext,
  subscription: Subscription,
  events: readonly AcceptedEvent[],
  deliveries: readonly Delivery[],
): Promise<AttemptResult> => {
  if (events.length === 0) return { outcome: 'Aborted' };
  const deliveryCount = deliveries[0]?.attempts.length ?? 0;
  const reply = await context.send(deliveryRequest(subscription, events, deliveryCount, context.functionsHost));
  if (reply.kind === 'failed') return { outcome: reply.outcome, detail: reply.detail };
  return answered(reply.status, reply.body);
};

const DETAIL_CHARACTERS = 200;

const answered = (status: number, body: string): AttemptResult => {
  const outcome = outcomeOf(status);
  const detail = body.slice(0, DETAIL_CHARACTERS);
  return { outcome, status, ...(outcome === 'Delivered' || detail === '' ? {} : { detail }) };
};
