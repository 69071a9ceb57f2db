import { SUBSCRIPTIONS } from '../../shared/events/subscriptions.ts';
import type { Logger } from '../../shared/platform/logging.ts';
import { type ParkDeadLettersServices, parkDeadLetters } from '../../shared/platform/park-dead-letters.ts';
import { type SweepServices, sweepWakeUps } from '../../shared/platform/sweep-wake-ups.ts';

export type SweepAllServices = SweepServices & Omit<ParkDeadLettersServices, 'functionOf'> & { readonly log: Logger };

/** Dead letters are filed under the name of their subscription. */
const functionOf = (subscription: string): string | undefined =>
  SUBSCRIPTIONS.find(({ name }) => name === subscription)?.function;

/** Finds what a lost message left behind, and what Event Grid gave up on. */
export const sweep = async (services: SweepAllServices): Promise<void> => {
  const resent = await sweepWakeUps(services);
  const parked = await parkDeadLetters({ ...services, functionOf });
  if (resent + parked > 0) services.log.warn({ resent, parked }, 'sweep found something');
};
