import { addLogLikelihoods, toEValue } from './e-value.ts';
import { type Batch, comparable, type Evidence } from './evidence.ts';
import type { AbsoluteGate, ErrorRatioGate, Gate, RolloutPolicy } from './policy-schema.ts';
import type { DeploymentMetrics } from './ports.ts';
import { isMet, judges, type Requirement, requirementOf } from './requirement.ts';
import type { Rollout } from './rollout.ts';

/** `insufficient` is "cannot tell": neither good nor bad. */
export type Verdict = 'pass' | 'fail' | 'insufficient';

/** What one gate says now, with the numbers it says it from. */
export interface GateVerdict {
  readonly gate: string;
  readonly enforced: boolean;
  readonly verdict: Verdict;
  readonly detail: Readonly<Record<string, number | string | null>>;
}

/** What every gate that judges the current step says, computed from the evidence alone. */
export const judge = (rollout: Rollout): readonly GateVerdict[] => {
  const { policy, evidence, step } = rollout;
  const need = requirementOf(rollout);
  const bound = sequentialBound(policy);
  return policy.gates
    .filter((gate) => judges(gate, step))
    .map((gate) => ({
      gate: gate.id,
      enforced: gate.enforce,
      ...(gate.type === 'errorRatio' ? judgeRatio(gate, evidence, need, bound) : judgeAbsolute(gate, evidence, need)),
    }));
};

/** The e-value that fails: the whole false-alarm probability shared by the enforced sequential gates (Bonferroni). */
export const sequentialBound = ({ gates, analysis }: RolloutPolicy): number =>
  Math.max(1, gates.filter((gate) => gate.enforce && gate.type === 'errorRatio').length) / analysis.alphaTotal;

type Judgement = Pick<GateVerdict, 'verdict' | 'detail'>;

const judgeRatio = (gate: ErrorRatioGate, evidence: Evidence, need: Requirement, bound: number): Judgement => {
  const { canary, stable, carried, batches } = evidence;
  const eValue = toEValue(addLogLikelihoods(carried[gate.id], comparable(batches), gate.maxRatio));
  return {
    verdict: eValue >= bound ? 'fail' : isMet(need) ? 'pass' : 'insufficient',
    detail: {
      canaryRequests: canary.requests,
      canaryErrors: canary.errors,
      stableRequests: stable.requests,
      stableErrors: stable.errors,
      neededRequests: need.canary,
      eValue,
      bound,
    },
  };
};

const judgeAbsolute = (gate: AbsoluteGate, evidence: Evidence, need: Requirement): Judgement => {
  const values = recentStretches(gate, evidence.batches).map((stretch) => measure(gate, stretch));
  const over = values.length === gate.consecutive && values.every((value) => value !== undefined && value > gate.max);
  const enough = need.seenCanary >= Math.min(gate.minSamples, need.canary);
  return {
    verdict: over ? 'fail' : enough ? 'pass' : 'insufficient',
    detail: {
      metric: gate.metric,
      value: values[0] ?? null,
      max: gate.max,
      canaryRequests: evidence.canary.requests,
      canaryErrors: evidence.canary.errors,
    },
  };
};

/** The newest stretches of windows, newest first, each as short as holds `minSamples` canary requests. */
const recentStretches = (gate: AbsoluteGate, batches: readonly Batch[]): readonly (readonly DeploymentMetrics[])[] => {
  const stretches: DeploymentMetrics[][] = [];
  let stretch: DeploymentMetrics[] = [];
  let requests = 0;
  for (const { canary } of batches.toReversed()) {
    if (stretches.length === gate.consecutive) break;
    stretch.push(canary);
    requests += canary.requests;
    if (requests < gate.minSamples) continue;
    stretches.push(stretch);
    stretch = [];
    requests = 0;
  }
  return stretches;
};

const total = (stretch: readonly DeploymentMetrics[], of: (metrics: DeploymentMetrics) => number): number =>
  stretch.reduce((sum, metrics) => sum + of(metrics), 0);

/** A rate over the stretch; a percentile as the mean of its windows' percentiles weighted by their requests. */
const measure = (gate: Gate & { type: 'absolute' }, stretch: readonly DeploymentMetrics[]): number | undefined => {
  const requests = total(stretch, (metrics) => metrics.requests);
  switch (gate.metric) {
    case 'errorRate':
      return total(stretch, (metrics) => metrics.errors) / requests;
    case 'timeoutRate':
      return total(stretch, (metrics) => metrics.timeouts) / requests;
    case 'p50':
    case 'p95':
    case 'p99': {
      const key = `${gate.metric}Ms` as const;
      const told = stretch.filter((metrics) => metrics[key] !== undefined);
      const counted = total(told, (metrics) => metrics.requests);
      return counted === 0 ? undefined : total(told, (metrics) => (metrics[key] ?? 0) * metrics.requests) / counted;
    }
  }
};
