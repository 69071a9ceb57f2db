import { type Clock, systemClock } from '../../shared/platform/time.ts';
import { createFaults, type Faults } from './faults.ts';
import type { EventGridEmulatorOptions, FunctionsHost, WriteDeadLetter } from './options.ts';
import { type Scheduler, systemScheduler } from './scheduler.ts';
import { createSender, type Sender } from './send.ts';
import type { Store } from './store.ts';

/** What the parts of the emulator share. */
export interface EmulatorContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly send: Sender;
  readonly faults: Faults;
  /** Aborts requests in flight. */
  readonly closing: AbortController;
  readonly concurrency: number;
  readonly timeScale: number;
  readonly jitter: () => number;
  readonly functionsHost: FunctionsHost | undefined;
  readonly writeDeadLetter: WriteDeadLetter | undefined;
}

/** The options with their defaults, around an open store. */
export const createContext = (
  options: EventGridEmulatorOptions,
  store: Store,
  closing: AbortController,
): EmulatorContext => {
  const scheduler = options.scheduler ?? systemScheduler;
  return {
    store,
    scheduler,
    closing,
    clock: options.clock ?? systemClock,
    send: createSender(scheduler, options.deliveryTimeoutMs ?? 30_000, closing.signal),
    faults: createFaults(),
    concurrency: options.concurrency ?? 16,
    timeScale: options.timeScale ?? 1,
    jitter: options.jitter ?? (() => 0),
    functionsHost: options.functionsHost,
    writeDeadLetter: options.writeDeadLetter,
  };
};
