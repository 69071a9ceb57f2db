import { durationMs } from '../../platform/time.ts';
import { weightsChange } from '../evidence.ts';
import { activeFreeze } from '../freeze.ts';
import type { Phase } from '../rollout.ts';
import { isApplied, pauseFor, putTraffic, type Rule, rollBack, stay, type Tick, unpause } from '../transition.ts';
import { mayRetry, nextTry } from './backoff.ts';
import { isJudged } from './danger.ts';

/** Writes again this often before a person is asked. */
const REWRITES = 3;

const STEADY: readonly Phase[] = ['Baking', 'AwaitingApproval', 'Holding', 'Retiring'];
const FREEZABLE: readonly Phase[] = ['Provisioning', 'Smoke', 'Shifting', 'Baking', 'AwaitingApproval', 'Holding'];

const told = (tick: Tick): string =>
  `wished ${JSON.stringify(tick.rollout.desired.traffic)}, found ${JSON.stringify(tick.seen.endpoint?.traffic ?? {})}`;

const isMismatched = (tick: Tick): boolean =>
  (STEADY.includes(tick.rollout.phase) || tick.rollout.phase === 'Shifting') && !isApplied(tick, tick.rollout.desired);

/** Rule 8. The platform does not say what was wished for: write it again, and after three times ask a person. */
export const rewriteTraffic: Rule = (tick) => {
  const { rollout, seen, now } = tick;
  // A person who was asked has the word; gates and abort go on meanwhile.
  if (!isMismatched(tick) || rollout.pause.includes('external-change')) return undefined;
  const steady = STEADY.includes(rollout.phase);
  const verifyMs = durationMs(rollout.policy.rollback.verifyTimeout);
  const put = rollout.trafficPut;
  if (!mayRetry(put, now, verifyMs)) return undefined;
  const rewrites = (put?.tries ?? 0) - (steady ? 0 : 1);
  if (rewrites >= REWRITES && (steady || now - rollout.phaseAt >= verifyMs)) {
    const refused = rollout.refusal === undefined ? '' : `; the platform refuses it: ${rollout.refusal.message}`;
    return pauseFor(tick, 'external-change', `${told(tick)}${refused}`);
  }
  // While the endpoint is busy a write would only be refused.
  if (seen.endpoint?.provisioningState === 'Updating') return undefined;
  return stay(tick, {
    patch: { trafficPut: nextTry(put, now), evidence: weightsChange(rollout.evidence, now) },
    effects: [putTraffic(rollout.desired)],
  });
};

/** Rule 10. The metrics cannot be read: that is nobody's fault, so hold still, and go back only when it lasts. */
export const pauseWithoutMetrics: Rule = (tick) => {
  const { rollout, now } = tick;
  const { consecutiveLimit, rollbackAfter } = rollout.policy.metricsError;
  const paused = rollout.pause.includes('metrics-unavailable');
  if (!isJudged(rollout)) return undefined;
  if (rollout.errorStreak === 0) return paused ? unpause(tick, 'metrics-unavailable') : undefined;
  if (rollout.errorStreak <= consecutiveLimit) return undefined;
  const weight = rollout.desired.traffic[rollout.to.deployment] ?? 0;
  const since = rollout.errorSince ?? now;
  const message = tick.seen.metricsError ?? 'the metrics provider does not answer';
  if (now - since >= durationMs(rollbackAfter) && weight > 0 && weight < 100) {
    return rollBack(tick, { phase: 'RolledBack', reason: 'metrics-unavailable', message });
  }
  return paused ? undefined : pauseFor(tick, 'metrics-unavailable', message);
};

/** Rule 11. A freeze begins or ends. */
export const followFreeze: Rule = (tick) => {
  const { rollout, now } = tick;
  if (!FREEZABLE.includes(rollout.phase)) return undefined;
  const freeze = activeFreeze(rollout.policy, now);
  const paused = rollout.pause.includes('freeze');
  if (freeze !== undefined && !paused) return pauseFor(tick, 'freeze', `freeze '${freeze}' is on`);
  return freeze === undefined && paused ? unpause(tick, 'freeze') : undefined;
};

/** Rule 12. Nothing advances while it is paused, nor before the platform reads back what was wished for. */
export const standStill: Rule = (tick) =>
  tick.rollout.pause.length > 0 || isMismatched(tick) ? stay(tick) : undefined;
