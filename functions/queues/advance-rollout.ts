import * as z from 'zod';
import { advanceRollout } from '../../shared/rollout/advance-rollout.ts';
import type { RolloutServices } from '../../shared/rollout/services.ts';
import { defineQueueHandler } from './handler.ts';

/** One tick of one rollout. */
export const advanceRolloutHandler = defineQueueHandler<RolloutServices>()({
  queue: 'advance-rollout',
  message: z.object({ endpoint: z.string(), rolloutId: z.string(), rev: z.number().int().optional() }),
  handle: async (message, services, log) => {
    const { rolloutId: rollout, rev } = message;
    const outcome = await advanceRollout({ ...services, log: log.child({ rollout, rev }) }, message);
    log.info({ rollout, rev, outcome }, 'tick');
  },
});
