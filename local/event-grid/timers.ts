import type { Scheduler } from './scheduler.ts';

/** Everything that is to run later, so that it can be called off together. */
export interface Timers {
  later(ms: number, run: () => void): void;
  cancelAll(): void;
}

export const createTimers = (scheduler: Scheduler): Timers => {
  const cancels = new Set<() => void>();
  return {
    later: (ms, run) => {
      const cancel = scheduler.after(ms, () => {
        cancels.delete(cancel);
        run();
      });
      cancels.add(cancel);
    },
    cancelAll: () => {
      for (const cancel of cancels) cancel();
      cancels.clear();
    },
  };
};
