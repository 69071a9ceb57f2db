import { durationMs, type EpochMs, epochMs } from '../platform/time.ts';
import { nextFreezeEdge } from './freeze.ts';
import { type EndpointRecord, isTerminal, type Rollout } from './rollout.ts';
import { retryAt } from './rules/backoff.ts';
import { isBeforeHolding } from './rules/danger.ts';
import { holdEndsAt } from './rules/finish.ts';
import { canaryGoesAt, guardAt, ROLLBACK_RETRY_MS } from './rules/rolling-back.ts';
import { approvalBefore } from './rules/steps.ts';

const SECOND_MS = 1_000;
/** A queued rollout is woken by the one that ends; this catches a lost message. */
const QUEUE_POLL_MS = 60_000;

/** Waits longer the longer it has taken: a tenth of the age. */
const patiently = (rollout: Rollout, now: EpochMs, mostMs: number): number =>
  now + Math.min(mostMs, Math.max(SECOND_MS, (now - rollout.phaseAt) / 10));

/** The alias is tried again this long after the end, then left to a person. */
const CHAMPION_TRIES_MS = 86_400_000;

/** When the next tick is due; undefined when nothing is left to do. */
export const nextTickAt = (rollout: Rollout, endpoint: EndpointRecord, now: EpochMs): EpochMs | undefined => {
  const own = [...ownTimers(rollout, endpoint, now), ...championTimer(rollout, now)];
  if (own.length === 0) return undefined;
  const shared = isTerminal(rollout.phase) || rollout.phase === 'Cleanup' ? [] : sharedTimers(rollout, now);
  return epochMs(Math.ceil(Math.max(now, Math.min(...own, ...shared))));
};

const championTimer = (rollout: Rollout, now: EpochMs): number[] => {
  const givenUp = isTerminal(rollout.phase) && now - rollout.phaseAt > CHAMPION_TRIES_MS;
  return rollout.championDue === undefined || givenUp ? [] : [patiently(rollout, now, 60_000)];
};

const sharedTimers = (rollout: Rollout, now: EpochMs): number[] => [
  nextFreezeEdge(rollout.policy, now) ?? Number.POSITIVE_INFINITY,
  rollout.deadlineAt !== undefined && rollout.deadlineAt > now && isBeforeHolding(rollout.phase)
    ? rollout.deadlineAt
    : Number.POSITIVE_INFINITY,
];

const ownTimers = (rollout: Rollout, endpoint: EndpointRecord, now: EpochMs): number[] => {
  const interval = now + durationMs(rollout.policy.analysis.interval);
  const later = (at: number | undefined): number => (at !== undefined && at > now ? at : Number.POSITIVE_INFINITY);
  switch (rollout.phase) {
    case 'Queued':
      return [now + QUEUE_POLL_MS];
    case 'Provisioning':
    case 'Retiring':
      return [patiently(rollout, now, 30_000)];
    case 'Smoke':
      return [now + SECOND_MS];
    case 'Shifting':
      return [patiently(rollout, now, 10_000)];
    case 'RollingBack':
      return [
        Math.min(
          patiently(rollout, now, 10_000),
          later(rollout.trafficPut === undefined ? undefined : retryAt(rollout.trafficPut, ROLLBACK_RETRY_MS)),
        ),
      ];
    case 'Baking':
      return [interval, later(rollout.bakeUntil)];
    case 'AwaitingApproval': {
      const timeout = approvalBefore(rollout.policy, rollout.step + 1)?.timeout;
      return [interval, later(timeout === undefined ? undefined : rollout.phaseAt + durationMs(timeout))];
    }
    case 'Holding':
      return [interval, later(holdEndsAt(rollout, endpoint))];
    case 'Cleanup':
      return [Math.min(later(guardAt(rollout)), Math.max(now + SECOND_MS, canaryGoesAt(rollout)))];
    case 'Failed':
      return rollout.guards === 0 ? [] : [Math.max(now + SECOND_MS, canaryGoesAt(rollout))];
    case 'Succeeded':
    case 'RolledBack':
    case 'Superseded':
    case 'Cancelled': {
      const at = guardAt(rollout);
      return at === undefined ? [] : [Math.max(now, at)];
    }
  }
};
