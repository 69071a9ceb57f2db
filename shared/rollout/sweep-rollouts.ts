import { addMs } from '../platform/time.ts';
import type { RolloutServices } from './services.ts';

const DEFAULT_GRACE_MS = 60_000;
const PAGE_SIZE = 100;

export interface SweepOptions {
  /** How long a tick may be overdue before its message counts as lost. */
  readonly graceMs?: number;
}

/**
 * Sends the messages of overdue ticks again. Sending one that was not lost is harmless: the second finds its rev over.
 *
 * @returns how many were sent
 */
export const sweepRollouts = async (
  { rollouts, queues, clock, log }: Pick<RolloutServices, 'rollouts' | 'queues' | 'clock' | 'log'>,
  { graceMs = DEFAULT_GRACE_MS }: SweepOptions = {},
): Promise<number> => {
  const before = addMs(clock(), -graceMs);
  let sent = 0;
  let continuation: string | undefined;
  do {
    const paging = { limit: PAGE_SIZE, ...(continuation === undefined ? {} : { continuation }) };
    const page = await rollouts.listOverdue(before, paging);
    for (const { value } of page.items) {
      if (value.wakeUp === null || value.wakeUp === undefined) continue;
      await queues.send(value.wakeUp.queue, value.wakeUp.message);
      log.warn({ rollout: value.id, rev: value.rev }, 'overdue tick was sent again');
      sent += 1;
    }
    continuation = page.next;
  } while (continuation !== undefined);
  return sent;
};
