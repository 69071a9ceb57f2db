import { type EpochMs, epochMs } from '../platform/time.ts';
import type { RolloutPolicy } from './policy-schema.ts';

/** Name of the freeze window that covers the instant. */
export const activeFreeze = ({ freeze }: RolloutPolicy, now: EpochMs): string | undefined =>
  freeze.windows.find(({ from, to }) => Date.parse(from) <= now && now < Date.parse(to))?.name;

/** The next instant at which a freeze begins or ends. */
export const nextFreezeEdge = ({ freeze }: RolloutPolicy, now: EpochMs): EpochMs | undefined => {
  const edges = freeze.windows.flatMap(({ from, to }) => [Date.parse(from), Date.parse(to)]).filter((at) => at > now);
  return edges.length === 0 ? undefined : epochMs(Math.min(...edges));
};
