import type { Documents } from './documents.ts';
import type { Waking } from './journal.ts';
import type { Queues } from './queues.ts';
import { addMs, type Clock } from './time.ts';

/** Where documents with wake-ups of one kind live. */
export interface WakingKind {
  readonly documents: Documents;
  readonly kind: string;
}

export interface SweepServices {
  readonly wakingKinds: readonly WakingKind[];
  readonly queues: Queues;
  readonly clock: Clock;
}

/** A wake-up this old was lost: its message should have been handled, and the document changed, long ago. */
const GRACE_MS = 60_000;

const PAGE = 100;

/**
 * Sends again every wake-up that is overdue by more than a minute, and returns how many there were. Handlers ignore
 * messages that are stale or early, so one too many does no harm.
 */
export const sweepWakeUps = async ({ wakingKinds, queues, clock }: SweepServices): Promise<number> => {
  let sent = 0;
  for (const { documents, kind } of wakingKinds) {
    const overdue = { path: 'wakeUp.at', op: '<', value: addMs(clock(), -GRACE_MS) } as const;
    let next: string | undefined;
    do {
      const page = await documents.query<Waking>(undefined, {
        kind,
        where: [overdue],
        limit: PAGE,
        ...(next === undefined ? {} : { continuation: next }),
      });
      for (const { value } of page.items) {
        if (value.wakeUp == null) continue;
        await queues.send(value.wakeUp.queue, value.wakeUp.message);
        sent += 1;
      }
      next = page.next;
    } while (next !== undefined);
  }
  return sent;
};
