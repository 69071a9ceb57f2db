import { ON_FAILURE, toSlipwayError } from './errors.ts';
import type { Logger } from './logging.ts';
import type { DeliveryTarget, ParkingLot } from './parking.ts';
import type { Clock } from './time.ts';

export interface DeliveryServices {
  readonly parkingLot: ParkingLot;
  readonly clock: Clock;
  readonly log: Logger;
}

/** One event or queue message on its way to a handler. */
export interface Delivery {
  readonly target: DeliveryTarget;
  readonly payload: unknown;
  /** True when the host will not deliver it again, so that a failure must be parked here. */
  readonly lastAttempt: boolean;
}

export type Outcome = 'handled' | 'parked';

/**
 * Runs one delivery to its end: handled, parked with its reason, or thrown so that the host delivers it again.
 *
 * Handlers derive every id from the event, so running one twice is harmless and no inbox is kept.
 *
 * @throws SlipwayError when the delivery should be tried again
 */
export const deliver = async (
  { target, payload, lastAttempt }: Delivery,
  work: () => Promise<void>,
  { parkingLot, clock, log }: DeliveryServices,
): Promise<Outcome> => {
  try {
    await work();
    return 'handled';
  } catch (cause) {
    const error = toSlipwayError(cause);
    if (ON_FAILURE[error.code] === 'retry' && !lastAttempt) {
      log.warn({ code: error.code, reason: error.message }, 'delivery will be tried again');
      throw error;
    }
    const id = await parkingLot.park({ target, payload, error }, clock());
    log.error({ code: error.code, reason: error.message, parked: id }, 'delivery is parked');
    return 'parked';
  }
};
