import { durationMs } from '../platform/time.ts';
import type { Evidence } from './evidence.ts';
import type { ErrorRatioGate, Gate, TrafficStep } from './policy-schema.ts';
import type { Rollout } from './rollout.ts';

/** Canary requests times stable's error rate that find a ratio in 9 of 10 rollouts (α 0.01, 10 % canary), measured. */
const POWER_POINTS = [
  [2, 35],
  [3, 10.5],
  [5, 3.5],
  [10, 1.1],
] as const;

const LEAST_RATE = 0.001;
const FEWEST = 100;
const MOST = 50_000;
/** Small steps exist to catch disasters: this many requests show one. */
const FLOOR = 20;

/** What a step needs before its gates may pass. */
export interface Requirement {
  /** Canary requests that are needed. */
  readonly canary: number;
  readonly stable: number;
  readonly seenCanary: number;
  readonly seenStable: number;
}

export const isMet = (need: Requirement): boolean => need.seenCanary >= need.canary && need.seenStable >= need.stable;

/** c(ratio), straight between the measured points on log-log paper. */
const powerConstant = (ratio: number): number => {
  const upper = Math.max(
    1,
    POWER_POINTS.findIndex(([point]) => point >= ratio),
  );
  const index = ratio > 10 ? POWER_POINTS.length - 1 : upper;
  const [x0, y0] = POWER_POINTS[index - 1] as readonly [number, number]; // 1 ≤ index < length
  const [x1, y1] = POWER_POINTS[index] as readonly [number, number];
  const slope = Math.log(y1 / y0) / Math.log(x1 / x0);
  return y0 * (ratio / x0) ** slope;
};

/** Canary requests that find `detectRatio` in 9 of 10 cases when stable fails at `stableRate`; 100 to 50 000. */
export const sequentialSamples = (detectRatio: number, stableRate: number): number =>
  Math.min(MOST, Math.max(FEWEST, Math.ceil(powerConstant(detectRatio) / Math.max(stableRate, LEAST_RATE))));

const stableRate = ({ baseline, stable }: Evidence): number => {
  const requests = stable.requests + (baseline?.requests ?? 0);
  return requests === 0 ? 0 : (stable.errors + (baseline?.errors ?? 0)) / requests;
};

const fullSamples = (gates: readonly Gate[], evidence: Evidence): number =>
  gates.reduce(
    (most, gate) =>
      Math.max(
        most,
        gate.type === 'errorRatio' ? sequentialSamples(gate.detectRatio, stableRate(evidence)) : gate.minSamples,
      ),
    0,
  );

/**
 * What an early step needs: half of the requests expected in its bake, at least 20 or what its extensions can bring,
 * at least one. Never more than the whole number.
 */
const earlySamples = (rollout: Rollout, step: TrafficStep, full: number): number => {
  const { evidence, policy } = rollout;
  const perMs =
    evidence.coveredMs === 0 ? undefined : (evidence.canary.requests + evidence.stable.requests) / evidence.coveredMs;
  if (perMs === undefined) return Math.min(full, FLOOR);
  const expected = perMs * (step.weight / 100) * durationMs(step.bake ?? 'PT0S');
  const reachable = (expected * (1 + policy.insufficientData.maxExtend)) / 2;
  return Math.min(full, Math.ceil(Math.max(1, expected / 2, Math.min(FLOOR, reachable))));
};

/**
 * Requests the current step needs and has.
 *
 * `minSamples` of the step counts in the step. Without it, the last step below 100 % needs the whole number over the
 * rollout, because it is there to catch regressions; earlier ones need less, because they catch disasters.
 */
export const requirementOf = (rollout: Rollout): Requirement => {
  const { policy, evidence, from } = rollout;
  const step = policy.steps[rollout.step];
  if (step?.kind !== 'traffic') return { canary: 0, stable: 0, seenCanary: 0, seenStable: 0 };
  const enforced = policy.gates.filter((gate) => gate.enforce && judges(gate, rollout.step));
  const compares = from !== undefined && enforced.some((gate): gate is ErrorRatioGate => gate.type === 'errorRatio');
  const inStep = step.minSamples !== undefined || rollout.step < policy.steps.length - 2;
  const full = fullSamples(enforced, evidence);
  const canary = step.minSamples ?? (inStep ? earlySamples(rollout, step, full) : full);
  const stableShare = Math.min(1, (100 - step.weight) / step.weight);
  return {
    canary,
    stable: compares ? Math.ceil(canary * stableShare) : 0,
    seenCanary: inStep ? evidence.inStep.canary : evidence.canary.requests,
    seenStable: inStep ? evidence.inStep.stable : evidence.stable.requests,
  };
};

/** True when the gate judges this step. */
export const judges = (gate: Gate, step: number): boolean => gate.steps === 'all' || gate.steps.includes(step);
