import { addMs, durationMs, epochMs } from '../../platform/time.ts';
import { bakeBegins, weightsChange, weightsStand } from '../evidence.ts';
import type { GateVerdict } from '../gates.ts';
import type { RolloutPolicy, TrafficStep } from '../policy-schema.ts';
import type { Phase, Rollout } from '../rollout.ts';
import { split } from '../traffic.ts';
import {
  type Change,
  enter,
  isApplied,
  pauseFor,
  putTraffic,
  type Rule,
  rollBack,
  stay,
  type Tick,
  toldVerdicts,
} from '../transition.ts';

const trafficStep = (rollout: Rollout, index: number): TrafficStep | undefined => {
  const step = rollout.policy.steps[index];
  return step?.kind === 'traffic' ? step : undefined;
};

/** Wishes for the weight of a step. The wish is stored first; the write follows, and only read-back is proof. */
export const shiftTo = (
  tick: Tick,
  index: number,
  { verdicts = [], actor }: { readonly verdicts?: readonly GateVerdict[]; readonly actor?: string } = {},
): Change => {
  const { rollout, now } = tick;
  const weight = trafficStep(rollout, index)?.weight ?? 100;
  const desired = split(rollout.from?.deployment, rollout.to.deployment, weight);
  const { promote: _promote, approval: _approval, ...latches } = rollout.latches;
  return enter(
    tick,
    'Shifting',
    {
      note: {
        ...(verdicts.length === 0 ? {} : { evidence: toldVerdicts(verdicts) }),
        ...(actor === undefined ? {} : { actor }),
      },
    },
    {
      patch: {
        step: index,
        desired,
        trafficPut: { at: now, tries: 1 },
        refusal: undefined,
        bakeUntil: undefined,
        extendCount: 0,
        hadTraffic: true,
        latches,
        evidence: weightsChange(rollout.evidence, now),
      },
      endpoint: { lastAppliedTraffic: desired },
      effects: [putTraffic(desired)],
    },
  );
};

/** Rule 16. Read back what was wished for: the bake begins, and at 100 % the hold. */
export const verifyShift: Rule = (tick) => {
  const { rollout, now } = tick;
  if (rollout.phase !== 'Shifting' || !isApplied(tick, rollout.desired)) return undefined;
  const step = trafficStep(rollout, rollout.step);
  const evidence = bakeBegins(weightsStand(rollout.evidence, now), now);
  if (step !== undefined && step.weight < 100) {
    const bakeUntil = addMs(now, durationMs(step.bake ?? 'PT0S'));
    return enter(tick, 'Baking', {}, { patch: { bakeUntil, evidence, trafficPut: undefined } });
  }
  const { model, version } = rollout;
  return enter(
    tick,
    'Holding',
    { type: 'slipway.rollout.promoted' },
    { patch: { evidence, trafficPut: undefined, championDue: { model, version } } },
  );
};

const PROMOTABLE: readonly Phase[] = ['Shifting', 'Baking', 'AwaitingApproval'];

/** Rule 17. A person wants everything at once; gates still judge afterwards. */
export const promoteFully: Rule = (tick) => {
  const { rollout } = tick;
  const latch = rollout.latches.promoteFull;
  const last = rollout.policy.steps.length - 1;
  if (latch === undefined || !PROMOTABLE.includes(rollout.phase) || rollout.step === last) return undefined;
  return shiftTo(tick, last, { actor: latch.actor });
};

/** Rules 18 and 19. The bake is over: extend it, ask somebody, or go on. */
export const finishBake: Rule = (tick) => {
  const { rollout, verdicts, now } = tick;
  if (rollout.phase !== 'Baking') return undefined;
  const promoted = rollout.latches.promote;
  if (promoted !== undefined) return advance(tick, promoted.actor);
  // No reading, no verdict: what the gates say would be about the past.
  if (now < (rollout.bakeUntil ?? 0) || rollout.errorStreak > 0) return stay(tick);
  const unsure = verdicts.some(({ enforced, verdict }) => enforced && verdict === 'insufficient');
  return unsure ? extendBake(tick) : advance(tick);
};

const extendBake = (tick: Tick): Change => {
  const { rollout, now, verdicts } = tick;
  const { maxExtend } = rollout.policy.insufficientData;
  const bakeMs = durationMs(trafficStep(rollout, rollout.step)?.bake ?? 'PT0S');
  if (rollout.extendCount < maxExtend) {
    const bakeUntil = addMs(epochMs(Math.max(rollout.bakeUntil ?? now, now - bakeMs)), bakeMs);
    return stay(tick, {
      patch: { extendCount: rollout.extendCount + 1, bakeUntil },
      happenings: [
        {
          type: 'slipway.rollout.stepped',
          note: {
            reason: 'bake-extended',
            message: `too few requests to judge: extension ${rollout.extendCount + 1} of ${maxExtend}`,
            evidence: toldVerdicts(verdicts),
          },
        },
      ],
    });
  }
  const message = 'too few requests to judge after every extension';
  const onNoData = rollout.policy.insufficientData.then;
  switch (onNoData) {
    case 'pause':
      return pauseFor(tick, 'inconclusive', message);
    case 'promote':
      return advance(tick);
    case 'rollback':
      return rollBack(tick, { phase: 'RolledBack', reason: 'inconclusive', message, verdicts });
  }
};

/** The approval that the step asks for. */
export const approvalBefore = ({ approvals, steps }: RolloutPolicy, index: number) =>
  approvals.find(({ before }) => (before === 'promote' ? steps.length - 1 : before) === index);

const advance = (tick: Tick, actor?: string): Change => {
  const { rollout, verdicts } = tick;
  const next = rollout.step + 1;
  if (approvalBefore(rollout.policy, next) !== undefined) {
    const { promote: _promote, ...latches } = rollout.latches;
    const note = { reason: 'approval-needed', evidence: toldVerdicts(verdicts) };
    return enter(tick, 'AwaitingApproval', { note }, { patch: { latches, bakeUntil: undefined } });
  }
  return shiftTo(tick, next, { verdicts, ...(actor === undefined ? {} : { actor }) });
};

/** Rule 20. A person decided, or nobody did in time. */
export const followApproval: Rule = (tick) => {
  const { rollout, now } = tick;
  if (rollout.phase !== 'AwaitingApproval') return undefined;
  const decision = rollout.latches.approval;
  if (decision?.approved === true) return shiftTo(tick, rollout.step + 1, { actor: decision.actor });
  if (decision !== undefined) {
    const message = `rejected by ${decision.actor}`;
    return rollBack(tick, { phase: 'RolledBack', reason: 'rejected', message, actor: decision.actor, blocks: true });
  }
  const approval = approvalBefore(rollout.policy, rollout.step + 1);
  if (approval === undefined || now - rollout.phaseAt < durationMs(approval.timeout)) return stay(tick);
  const message = `nobody approved within ${approval.timeout}`;
  return approval.onTimeout === 'pause'
    ? pauseFor(tick, 'approval-timeout', message)
    : rollBack(tick, { phase: 'RolledBack', reason: 'approval-timeout', message });
};
