import { epochMs } from '../../shared/platform/time.ts';
import { type Batch, noEvidence } from '../../shared/rollout/evidence.ts';
import { judge } from '../../shared/rollout/gates.ts';
import type { DeploymentMetrics } from '../../shared/rollout/ports.ts';
import type { Rollout } from '../../shared/rollout/rollout.ts';
import { MINUTE, rolloutIn } from './rollout-fixtures.ts';
import { policyOf, T0 } from './rollout-world.ts';

export const metrics = (requests: number, errors = 0, rest: Partial<DeploymentMetrics> = {}): DeploymentMetrics => ({
  requests,
  errors,
  timeouts: 0,
  ...rest,
});

/** One-minute batches in a row. */
export const batches = (
  ...pairs: readonly (readonly [canary: DeploymentMetrics, stable: DeploymentMetrics])[]
): Batch[] =>
  pairs.map(([canary, stable], i) => ({
    from: epochMs(T0 + i * MINUTE),
    to: epochMs(T0 + (i + 1) * MINUTE),
    mixed: false,
    canary,
    stable,
  }));

const sum = (all: readonly Batch[], side: 'canary' | 'stable') => ({
  requests: all.reduce((total, batch) => total + batch[side].requests, 0),
  errors: all.reduce((total, batch) => total + batch[side].errors, 0),
});

export const STEPS = [
  { kind: 'traffic', weight: 1, bake: 'PT10M' },
  { kind: 'traffic', weight: 50, bake: 'PT10M' },
  { kind: 'traffic', weight: 100 },
];

export const baking = (all: readonly Batch[], policy: Record<string, unknown>, step = 0): Rollout => {
  const canary = sum(all, 'canary');
  const stable = sum(all, 'stable');
  return rolloutIn('Baking', {
    policy: policyOf({ steps: STEPS, ...policy }),
    step,
    evidence: {
      ...noEvidence(1_000),
      batches: all,
      canary,
      stable,
      coveredMs: all.length * MINUTE,
      inStep: { since: T0, canary: canary.requests, stable: stable.requests },
    },
  });
};

export const RATIO = { id: 'errors', type: 'errorRatio' };
export const DEAD = { id: 'dead', type: 'absolute', metric: 'errorRate', max: 0.5, minSamples: 20 };

export const verdictsOf = (rollout: Rollout): string[] =>
  judge(rollout).map(({ gate, verdict }) => `${gate} ${verdict}`);
