import { setTimeout as sleep } from 'node:timers/promises';
import { applyStartFaults } from './apply-start-faults.ts';
import { attemptBatch } from './attempt-batch.ts';
import type { EmulatorContext } from './context.ts';
import { createLanes } from './lanes.ts';
import { takeBatch } from './take-batch.ts';
import { createTimers } from './timers.ts';
import { type Delivery, hasEnded } from './types.ts';
import { writeDeadLetterOf } from './write-dead-letter.ts';

export interface Dispatcher {
  /** Takes over stored deliveries: each goes out when it is due, until it has ended. */
  dispatch(deliveries: readonly Delivery[]): void;
  /** The delivery once it has ended. Never settles for one that the process does not see the end of. */
  ended(delivery: Delivery): Promise<Delivery>;
  /** Ends what a deleted subscription still had to come. */
  cancel(subscriptionId: string): Promise<void>;
  /** Resolves when nothing is in flight; what was waiting stays pending in the store. */
  stop(): Promise<void>;
}

/** What is in flight may end by itself for this long. */
const STOP_GRACE_MS = 2000;

/** Sends deliveries when they are due, a few at a time per subscription. */
export const createDispatcher = (context: EmulatorContext): Dispatcher => {
  const { clock, closing, concurrency, scheduler, store } = context;
  const timers = createTimers(scheduler);
  const waiters = new Map<string, (ended: Delivery) => void>();

  const settle = (delivery: Delivery): void => {
    if (hasEnded(delivery)) {
      waiters.get(delivery.id)?.(delivery);
      waiters.delete(delivery.id);
    } else wait(delivery);
  };
  const lanes = createLanes({
    concurrency,
    take: (ready) => takeBatch(store, ready),
    work: async (batch) => (await tryBatch(context, batch)).forEach(settle),
  });
  const start = (delivery: Delivery): void => {
    const stored = store.deliveries.get(delivery.id);
    // Its subscription may have been deleted while it waited.
    if (stored !== undefined && !hasEnded(stored)) lanes.push(delivery);
  };
  const wait = (delivery: Delivery): void => {
    const waitMs = delivery.dueAt - clock();
    if (waitMs > 0) timers.later(waitMs, () => start(delivery));
    else start(delivery);
  };

  return {
    dispatch: applyStartFaults(context, timers, wait),
    ended: (delivery) => new Promise((resolve) => waiters.set(delivery.id, resolve)),
    cancel: async (subscriptionId) => (await dropAll(context, subscriptionId)).forEach(settle),
    stop: async () => {
      timers.cancelAll();
      const idle = lanes.stop();
      await Promise.race([idle, sleep(STOP_GRACE_MS, undefined, { ref: false })]);
      closing.abort();
      await idle;
    },
  };
};

/** Tries a batch and stores what became of it; nothing is stored of what closing cut off, so that it stays pending. */
const tryBatch = async (context: EmulatorContext, batch: readonly Delivery[]): Promise<readonly Delivery[]> => {
  const [first] = batch;
  if (first === undefined) return [];
  const outcomes =
    first.phase === 'dead-lettering' ? [await writeDeadLetterOf(context, first)] : await attemptBatch(context, batch);
  if (context.closing.signal.aborted && !outcomes.every(hasEnded)) return [];
  await storeAll(context, outcomes);
  return outcomes;
};

const dropAll = async (context: EmulatorContext, subscriptionId: string): Promise<readonly Delivery[]> => {
  const dropped = [...context.store.deliveries.values()]
    .filter((one) => one.subscriptionId === subscriptionId && !hasEnded(one))
    .map((one): Delivery => ({ ...one, phase: 'dropped', reason: 'SubscriptionDeleted' }));
  await storeAll(context, dropped);
  return dropped;
};

const storeAll = ({ store }: EmulatorContext, deliveries: readonly Delivery[]): Promise<void> =>
  store.write(deliveries.map((value) => ({ kind: 'delivery', value })));
