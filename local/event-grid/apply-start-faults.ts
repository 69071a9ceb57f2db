import { addMs } from '../../shared/platform/time.ts';
import type { EmulatorContext } from './context.ts';
import type { Timers } from './timers.ts';
import type { Delivery } from './types.ts';

/**
 * A function that passes deliveries on at once, first attempts later by the delay fault; while the reorder fault is
 * set, it gathers first attempts and passes them on last first.
 */
export const applyStartFaults = (
  { faults, clock }: EmulatorContext,
  timers: Timers,
  pass: (delivery: Delivery) => void,
): ((deliveries: readonly Delivery[]) => void) => {
  let gathered: Delivery[] = [];
  const isFirst = (one: Delivery): boolean => one.phase === 'pending' && one.attempts.length === 0;
  const isHeld = (one: Delivery): boolean => isFirst(one) && faults.reorderWindowMs(one.subscriptionName) > 0;
  const delayed = (one: Delivery): Delivery =>
    isFirst(one) ? { ...one, dueAt: addMs(clock(), faults.firstDelayMs(one.subscriptionName)) } : one;

  return (deliveries) => {
    for (const one of deliveries) {
      if (!isHeld(one)) pass(delayed(one));
    }
    const held = deliveries.filter(isHeld);
    const [first] = held;
    if (first === undefined) return;
    if (gathered.length === 0) {
      timers.later(faults.reorderWindowMs(first.subscriptionName), () => {
        const released = gathered.reverse();
        gathered = [];
        released.forEach(pass);
      });
    }
    gathered.push(...held);
  };
};
