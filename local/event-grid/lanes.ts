import { createFifo, type Fifo } from './fifo.ts';
import type { Delivery } from './types.ts';

/** One queue of due deliveries per subscription, each worked on a few at a time. */
export interface Lanes {
  push(delivery: Delivery): void;
  /** Begins nothing more; resolves when nothing runs any more. */
  stop(): Promise<void>;
}

export interface LanesOptions {
  /** Batches at once, per subscription. */
  readonly concurrency: number;
  /** Takes the next batch off the queue. */
  readonly take: (ready: Fifo<Delivery>) => readonly Delivery[];
  readonly work: (batch: readonly Delivery[]) => Promise<void>;
}

interface Lane {
  readonly ready: Fifo<Delivery>;
  inFlight: number;
}

export const createLanes = ({ concurrency, take, work }: LanesOptions): Lanes => {
  const lanes = new Map<string, Lane>();
  const running = new Set<Promise<void>>();
  let stopped = false;

  const pump = (lane: Lane): void => {
    while (!stopped && lane.inFlight < concurrency && lane.ready.length > 0) {
      lane.inFlight += 1;
      const task = work(take(lane.ready)).finally(() => {
        lane.inFlight -= 1;
        running.delete(task);
        pump(lane);
      });
      running.add(task);
    }
  };

  return {
    push: (delivery) => {
      const lane = lanes.get(delivery.subscriptionId) ?? { ready: createFifo<Delivery>(), inFlight: 0 };
      lanes.set(delivery.subscriptionId, lane);
      lane.ready.push(delivery);
      pump(lane);
    },
    stop: async () => {
      stopped = true;
      await Promise.allSettled(running);
    },
  };
};
