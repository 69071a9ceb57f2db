import type { Scheduler } from '../../local/event-grid/scheduler.ts';
import { type Clock, type EpochMs, epochMs } from '../../shared/platform/time.ts';

export interface ManualTime {
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  /** Moves time on and runs what falls due on the way, in order. */
  advance(ms: number): void;
}

/** A clock that stands still until it is moved. */
export const createManualTime = (startAt: EpochMs = epochMs(1_767_225_600_000)): ManualTime => {
  let now = startAt as number;
  const timers = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    clock: () => epochMs(now),
    scheduler: {
      after: (ms, run) => {
        const timer = { at: now + ms, run };
        timers.add(timer);
        return () => timers.delete(timer);
      },
    },
    advance: (ms) => {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (next === undefined) break;
        timers.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      now = end;
    },
  };
};
