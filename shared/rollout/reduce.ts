import type { JournalEntry } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import { absorb } from './absorb.ts';
import { toEntries } from './entries.ts';
import { judge } from './gates.ts';
import type { Observation } from './observation.ts';
import { type EndpointRecord, type Rollout, withWake } from './rollout.ts';
import {
  abort,
  enforceDeadline,
  failOnBrokenCanary,
  failOnGate,
  isJudged,
  pauseOnMissingStable,
  supersede,
} from './rules/danger.ts';
import { finishHold, finishRetiring } from './rules/finish.ts';
import { followFreeze, pauseWithoutMetrics, rewriteTraffic, standStill } from './rules/holding-still.ts';
import { claimEndpoint, finishSmoke, provision } from './rules/provisioning.ts';
import { afterTheEnd, cleanUp, finishRollback, retryRollback } from './rules/rolling-back.ts';
import { finishBake, followApproval, promoteFully, verifyShift } from './rules/steps.ts';
import { type Effect, type Rule, stay, type Tick } from './transition.ts';
import { nextTickAt } from './wake.ts';

/** The transition table: the first rule that applies decides. Its order is the safety of a rollout. */
const RULES: readonly Rule[] = [
  afterTheEnd,
  finishRollback,
  retryRollback,
  cleanUp,
  abort,
  claimEndpoint,
  failOnGate,
  supersede,
  failOnBrokenCanary,
  pauseOnMissingStable,
  rewriteTraffic,
  enforceDeadline,
  pauseWithoutMetrics,
  followFreeze,
  standStill,
  provision,
  finishSmoke,
  verifyShift,
  promoteFully,
  finishBake,
  followApproval,
  finishHold,
  finishRetiring,
];

/** What is stored, announced and done after a tick. */
export interface Transition {
  readonly rollout: Rollout;
  readonly endpoint: EndpointRecord;
  readonly effects: readonly Effect[];
  readonly entries: readonly JournalEntry[];
}

/**
 * The next state of a rollout, what must be done to reach it, and what there is to tell.
 *
 * Pure and total. Effects are wishes, never proof: the state moves on only when a later observation shows that they
 * took effect, so that a crash at any point is a tick that has to be done again.
 */
export const reduce = (rollout: Rollout, endpoint: EndpointRecord, seen: Observation, now: EpochMs): Transition => {
  const taken = absorb(rollout, seen, now);
  const tick: Tick = { rollout: taken, endpoint, seen, now, verdicts: isJudged(taken) ? judge(taken) : [] };
  const change = firstOf(RULES, tick) ?? stay(tick);
  const next = withWake({ ...change.rollout, rev: rollout.rev + 1 }, nextTickAt(change.rollout, change.endpoint, now));
  return {
    rollout: next,
    endpoint: change.endpoint,
    effects: change.effects,
    entries: toEntries(next, change.happenings, now),
  };
};

const firstOf = (rules: readonly Rule[], tick: Tick): ReturnType<Rule> => {
  for (const rule of rules) {
    const change = rule(tick);
    if (change !== undefined) return change;
  }
  return undefined;
};
