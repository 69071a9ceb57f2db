import { SUBSCRIPTIONS } from '../../shared/events/subscriptions.ts';
import { type SweepPackagesServices, sweepPackages } from '../../shared/packaging/sweep/sweep-packages.ts';
import { toSlipwayError } from '../../shared/platform/errors.ts';
import type { Logger } from '../../shared/platform/logging.ts';
import { type ParkDeadLettersServices, parkDeadLetters } from '../../shared/platform/park-dead-letters.ts';
import { type SweepServices, sweepWakeUps } from '../../shared/platform/sweep-wake-ups.ts';

export type SweepAllServices = SweepServices &
  Omit<ParkDeadLettersServices, 'functionOf'> &
  SweepPackagesServices & { readonly log: Logger };

/** Dead letters are filed under the name of their subscription. */
const functionOf = (subscription: string): string | undefined =>
  SUBSCRIPTIONS.find(({ name }) => name === subscription)?.function;

/** Finds what a lost message left behind, what Event Grid gave up on, and once an hour packages that nobody needs. */
export const sweep = async (services: SweepAllServices): Promise<void> => {
  const resent = await sweepWakeUps(services);
  const parked = await parkDeadLetters({ ...services, functionOf });
  if (resent + parked > 0) services.log.warn({ resent, parked }, 'sweep found something');
  if (new Date(services.clock()).getUTCMinutes() === 0) await sweepOldPackages(services);
};

const sweepOldPackages = async (services: SweepPackagesServices): Promise<void> => {
  try {
    const { packages, images } = await sweepPackages(services);
    if (packages + images > 0) services.log.info({ packages, images }, 'packages were swept');
  } catch (error) {
    // The next hour goes on where this one stopped; what else the sweep does must not wait for that.
    const { code, message: reason } = toSlipwayError(error);
    services.log.warn({ code, reason }, 'packages could not be swept');
  }
};
