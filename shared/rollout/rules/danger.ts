import type { ObservedDeployment } from '../ports.ts';
import type { Phase, Rollout } from '../rollout.ts';
import { enter, pauseFor, type Rule, rollBack, type Tick } from '../transition.ts';

const BEFORE_HOLDING: readonly Phase[] = ['Provisioning', 'Smoke', 'Shifting', 'Baking', 'AwaitingApproval'];
const BEFORE_RETIRING: readonly Phase[] = [...BEFORE_HOLDING, 'Holding'];
const LIVE: readonly Phase[] = ['Shifting', 'Baking', 'AwaitingApproval', 'Holding'];

/** Phases in which gates judge: whenever the canary has, had or may have traffic and there is a way back. */
export const isJudged = (rollout: Rollout): boolean => rollout.from !== undefined && LIVE.includes(rollout.phase);

export const isBeforeHolding = (phase: Phase): boolean => BEFORE_HOLDING.includes(phase);

/** Rule 4. An abort goes before everything but a rollback that is under way. */
export const abort: Rule = (tick) => {
  const { rollout, endpoint } = tick;
  const latch = rollout.latches.abort;
  if (latch === undefined) return undefined;
  const outcome = { phase: 'RolledBack', reason: latch.reason, message: latch.message } as const;
  if (rollout.phase === 'Queued') {
    const isNext = endpoint.pending?.rolloutId === rollout.id;
    return enter(
      tick,
      'Cancelled',
      { note: { reason: latch.reason, message: latch.message, actor: latch.actor } },
      {
        patch: { outcome: { ...outcome, phase: 'Cancelled' } },
        ...(isNext ? { endpoint: { pending: undefined } } : {}),
      },
    );
  }
  return BEFORE_RETIRING.includes(rollout.phase) ? rollBack(tick, { ...outcome, actor: latch.actor }) : undefined;
};

/** Rule 4, for the newer rollout that takes the endpoint. What is promoted is not superseded: the newer one waits. */
export const supersede: Rule = (tick) => {
  const latch = tick.rollout.latches.superseded;
  if (latch === undefined || !isBeforeHolding(tick.rollout.phase)) return undefined;
  return rollBack(tick, { phase: 'Superseded', reason: 'superseded', message: `${latch.by} took its place` });
};

/** Rule 5. An enforced gate failed. */
export const failOnGate: Rule = (tick) => {
  const failed = tick.verdicts.filter(({ enforced, verdict }) => enforced && verdict === 'fail');
  if (failed.length === 0) return undefined;
  const gates = failed.map(({ gate }) => gate).join(', ');
  return rollBack(tick, {
    phase: 'RolledBack',
    reason: 'gate-failed',
    message: `the canary is worse than allowed by ${gates}`,
    verdicts: tick.verdicts,
    blocks: true,
  });
};

const isBroken = (deployment: ObservedDeployment | undefined): boolean =>
  deployment === undefined || ['Failed', 'Canceled', 'Deleting'].includes(deployment.provisioningState);

const canaryServes = ({ rollout, seen }: Tick): boolean =>
  rollout.phase === 'Smoke' ||
  (LIVE.includes(rollout.phase) &&
    ((rollout.desired.traffic[rollout.to.deployment] ?? 0) > 0 ||
      (seen.endpoint?.traffic[rollout.to.deployment] ?? 0) > 0));

/** Rule 6. The canary is gone or broken while requests go to it. */
export const failOnBrokenCanary: Rule = (tick) => {
  const { rollout, seen } = tick;
  if (!canaryServes(tick) || !isBroken(seen.canary)) return undefined;
  const why = seen.canary === undefined ? 'is gone' : (seen.canary.error ?? `is ${seen.canary.provisioningState}`);
  return rollBack(tick, {
    phase: 'RolledBack',
    reason: 'canary-unhealthy',
    message: `deployment ${rollout.to.deployment} ${why}`,
    blocks: true,
  });
};

/** Rule 7. Stable is gone: there is nothing to go back to, so a person must look and no traffic is moved. */
export const pauseOnMissingStable: Rule = (tick) => {
  const { rollout, seen } = tick;
  if (rollout.from === undefined || seen.stable !== undefined || !isBeforeHolding(rollout.phase)) return undefined;
  if (rollout.pause.includes('external-change')) return undefined;
  return pauseFor(tick, 'external-change', `stable deployment ${rollout.from.deployment} is gone`);
};

/** Rule 9. It took too long. */
export const enforceDeadline: Rule = (tick) => {
  const { rollout, now } = tick;
  const over = rollout.deadlineAt !== undefined && now >= rollout.deadlineAt && isBeforeHolding(rollout.phase);
  if (!over || rollout.pause.includes('deadline')) return undefined;
  const message = `not promoted within ${rollout.policy.deadline.after}`;
  return rollout.policy.deadline.then === 'pause'
    ? pauseFor(tick, 'deadline', message)
    : rollBack(tick, { phase: 'RolledBack', reason: 'deadline', message });
};
