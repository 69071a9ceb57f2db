import * as z from 'zod';

const count = z.int().min(0).max(100_000);

/** What a test may ask for. Each field stands alone; leaving one out turns it off. */
export const faultSettings = z
  .strictObject({
    /** Only deliveries to the subscription of this name. */
    subscription: z.string(),
    /** Every event accepted from now on is delivered this many times; 1 is normal. */
    duplicate: z.int().min(1).max(1000),
    /** Events gather for this long and go out last first. */
    reorderWindowMs: count,
    /** First attempts start this much later. */
    delayMs: count,
    /** The next so many deliveries are lost without a trace at the subscriber. */
    drop: count,
    /** The next so many attempts are not sent and count as answered with `status`. */
    fail: z.strictObject({ status: z.int().min(100).max(599), times: count }),
  })
  .partial();

export type FaultSettings = z.infer<typeof faultSettings>;

export interface Faults {
  get(): FaultSettings;
  set(settings: FaultSettings): void;
  /** How many times a new event goes to the subscription. */
  copies(subscriptionName: string): number;
  firstDelayMs(subscriptionName: string): number;
  reorderWindowMs(subscriptionName: string): number;
  /** True when this delivery is to be lost; counts down. */
  takeDrop(subscriptionName: string): boolean;
  /** The status this attempt is to be answered with, if any; counts down. */
  takeFailure(subscriptionName: string): number | undefined;
}

/** Faults on demand, off at first, forgotten with the process. */
export const createFaults = (): Faults => {
  let settings: FaultSettings = {};
  let dropsLeft = 0;
  let failuresLeft = 0;
  const concerns = (name: string): boolean =>
    settings.subscription === undefined || settings.subscription.toLowerCase() === name.toLowerCase();
  return {
    get: () => ({
      ...settings,
      ...(settings.drop === undefined ? {} : { drop: dropsLeft }),
      ...(settings.fail === undefined ? {} : { fail: { ...settings.fail, times: failuresLeft } }),
    }),
    set: (next) => {
      settings = next;
      dropsLeft = next.drop ?? 0;
      failuresLeft = next.fail?.times ?? 0;
    },
    copies: (name) => (concerns(name) ? (settings.duplicate ?? 1) : 1),
    firstDelayMs: (name) => (concerns(name) ? (settings.delayMs ?? 0) : 0),
    reorderWindowMs: (name) => (concerns(name) ? (settings.reorderWindowMs ?? 0) : 0),
    takeDrop: (name) => {
      if (dropsLeft === 0 || !concerns(name)) return false;
      dropsLeft -= 1;
      return true;
    },
    takeFailure: (name) => {
      if (failuresLeft === 0 || !concerns(name)) return undefined;
      failuresLeft -= 1;
      return settings.fail?.status;
    },
  };
};
