import type { Traffic } from './ports.ts';

/** Live and mirror traffic of an endpoint, always wished for and compared together. */
export interface TrafficWish {
  readonly traffic: Traffic;
  readonly mirrorTraffic: Traffic;
}

const NO_MIRROR: Traffic = {};

/** True when both say the same, whether a deployment without traffic is listed as 0 or left out. */
export const sameTraffic = (left: Traffic, right: Traffic): boolean =>
  [...new Set([...Object.keys(left), ...Object.keys(right)])].every((name) => (left[name] ?? 0) === (right[name] ?? 0));

/** All traffic on one deployment, or none at all when there is no deployment to send it to. */
export const allOn = (deployment: string | undefined): TrafficWish => ({
  traffic: deployment === undefined ? {} : { [deployment]: 100 },
  mirrorTraffic: NO_MIRROR,
});

/** `weight` percent on the canary and the rest on stable; without stable the canary gets all of it. */
export const split = (stable: string | undefined, canary: string, weight: number): TrafficWish => ({
  traffic: stable === undefined || weight === 100 ? { [canary]: 100 } : { [stable]: 100 - weight, [canary]: weight },
  mirrorTraffic: NO_MIRROR,
});
