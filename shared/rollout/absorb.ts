import type { EpochMs } from '../platform/time.ts';
import { addWindow, type Evidence, weightsStand } from './evidence.ts';
import type { Observation } from './observation.ts';
import type { Rollout } from './rollout.ts';
import { isApplied } from './transition.ts';

const SETTLED = ['Baking', 'AwaitingApproval', 'Holding'];

/** The rollout with what was observed taken in. Observing the same thing twice changes nothing the second time. */
export const absorb = (rollout: Rollout, seen: Observation, now: EpochMs): Rollout => {
  const { errorStreak, errorSince } = metricsHealth(rollout, seen, now);
  return {
    ...rollout,
    evidence: absorbEvidence(rollout, seen, now),
    errorStreak,
    errorSince,
    championDue: seen.championSet === true ? undefined : rollout.championDue,
  };
};

const metricsHealth = (
  { errorStreak, errorSince }: Rollout,
  seen: Observation,
  now: EpochMs,
): Pick<Rollout, 'errorStreak' | 'errorSince'> => {
  if (seen.metricsError !== undefined) return { errorStreak: errorStreak + 1, errorSince: errorSince ?? now };
  return seen.windows === undefined ? { errorStreak, errorSince } : { errorStreak: 0, errorSince: undefined };
};

const absorbEvidence = (rollout: Rollout, seen: Observation, now: EpochMs): Evidence => {
  const versions = {
    canary: rollout.to.deployment,
    ...(rollout.from === undefined ? {} : { stable: rollout.from.deployment }),
    gates: rollout.policy.gates,
  };
  let evidence = rollout.evidence;
  for (const window of seen.windows ?? []) evidence = addWindow(evidence, window, versions);
  if (seen.baseline !== undefined) evidence = { ...evidence, baseline: evidence.baseline ?? seen.baseline };
  if (seen.smokeAnswers !== undefined) evidence = { ...evidence, smoke: [...evidence.smoke, ...seen.smokeAnswers] };
  const wasEdited = evidence.segments.at(-1)?.mixed === true && SETTLED.includes(rollout.phase);
  return wasEdited && isApplied({ seen }, rollout.desired) ? weightsStand(evidence, now) : evidence;
};
