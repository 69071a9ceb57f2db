import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../shared/platform/time.ts';
import { type Batch, noEvidence } from '../../../shared/rollout/evidence.ts';
import { judge, sequentialBound } from '../../../shared/rollout/gates.ts';
import type { DeploymentMetrics } from '../../../shared/rollout/ports.ts';
import { requirementOf, sequentialSamples } from '../../../shared/rollout/requirement.ts';
import type { Rollout } from '../../../shared/rollout/rollout.ts';
import { MINUTE, rolloutIn } from '../../support/rollout-fixtures.ts';
import { policyOf, T0 } from '../../support/rollout-world.ts';

const metrics = (requests: number, errors = 0, rest: Partial<DeploymentMetrics> = {}): DeploymentMetrics => ({
  requests,
  errors,
  timeouts: 0,
  ...rest,
});

/** One-minute batches in a row. */
const batches = (...pairs: readonly (readonly [canary: DeploymentMetrics, stable: DeploymentMetrics])[]): Batch[] =>
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

const STEPS = [
  { kind: 'traffic', weight: 1, bake: 'PT10M' },
  { kind: 'traffic', weight: 50, bake: 'PT10M' },
  { kind: 'traffic', weight: 100 },
];

const baking = (all: readonly Batch[], policy: Record<string, unknown>, step = 0): Rollout => {
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

const RATIO = { id: 'errors', type: 'errorRatio' };
const DEAD = { id: 'dead', type: 'absolute', metric: 'errorRate', max: 0.5, minSamples: 20 };

const verdictsOf = (rollout: Rollout): string[] => judge(rollout).map(({ gate, verdict }) => `${gate} ${verdict}`);

describe('the errorRatio gate', () => {
  const worse = batches(
    [metrics(200, 3), metrics(1800, 9)],
    [metrics(210, 5), metrics(1790, 8)],
    [metrics(190, 6), metrics(1810, 10)],
  );

  it('fails when its e-value reaches the bound', () => {
    const [verdict] = judge(baking(worse, { gates: [RATIO] }));

    expect(verdict).toMatchObject({ gate: 'errors', enforced: true, verdict: 'fail' });
    expect(verdict?.detail).toMatchObject({
      canaryRequests: 600,
      canaryErrors: 14,
      stableRequests: 5400,
      stableErrors: 27,
      bound: 100,
    });
    expect(verdict?.detail['eValue']).toBeCloseTo(1594.609961, 5);
  });

  it('does not fail below the bound', () => {
    expect(verdictsOf(baking(worse.slice(0, 2), { gates: [RATIO] }))).toEqual(['errors pass']);
  });

  it('does not compare minutes in which the weights changed', () => {
    const mixed = worse.map((batch) => ({ ...batch, mixed: true }));

    expect(verdictsOf(baking(mixed, { gates: [RATIO] }))).toEqual(['errors pass']);
  });

  it('is not moved by an outage that hits both versions', () => {
    const outage = batches([metrics(200, 120), metrics(1800, 1080)], [metrics(200, 100), metrics(1800, 900)]);

    expect(verdictsOf(baking(outage, { gates: [RATIO] }))).toEqual(['errors pass']);
  });

  it('shares the false-alarm probability with the other enforced ones', () => {
    const second = { ...RATIO, id: 'more' };

    expect(sequentialBound(policyOf({ gates: [RATIO] }))).toBe(100);
    expect(sequentialBound(policyOf({ gates: [RATIO, second, DEAD] }))).toBe(200);
    expect(sequentialBound(policyOf({ gates: [RATIO, { ...second, enforce: false }] }))).toBe(100);
    expect(sequentialBound(policyOf({ gates: [DEAD] }))).toBe(100);
  });

  it('keeps what batches said that are no longer kept', () => {
    const whole = baking(worse, { gates: [RATIO] });
    const carried = Array.from({ length: 24 }, () => 3);

    const [verdict] = judge({ ...whole, evidence: { ...whole.evidence, carried: { errors: carried } } });

    expect(verdict?.detail['eValue']).toBeCloseTo(1594.609961 * Math.exp(3), 2);
  });
});

describe('the absolute gate', () => {
  it.each([
    ['passes below the limit', [metrics(40, 19)], 'dead pass'],
    ['passes at the limit', [metrics(40, 20)], 'dead pass'],
    ['fails above it', [metrics(40, 21)], 'dead fail'],
    ['fails with exactly enough requests', [metrics(20, 11)], 'dead fail'],
    ['cannot tell with too few', [metrics(19, 19)], 'dead insufficient'],
    ['adds windows until there are enough', [metrics(10, 10), metrics(10, 10)], 'dead fail'],
    ['forgets what is longer ago', [metrics(30, 30), metrics(30, 0)], 'dead pass'],
  ])('%s', (_, canaries, expected) => {
    const all = batches(...canaries.map((canary) => [canary, metrics(1000)] as const));

    expect(verdictsOf(baking(all, { gates: [DEAD] }))).toEqual([expected]);
  });

  it.each([
    ['timeoutRate', 0.1, metrics(100, 0, { timeouts: 11 }), 'fail'],
    ['timeoutRate', 0.1, metrics(100, 0, { timeouts: 10 }), 'pass'],
    ['p50', 100, metrics(100, 0, { p50Ms: 101 }), 'fail'],
    ['p95', 100, metrics(100, 0, { p50Ms: 500, p95Ms: 100 }), 'pass'],
    ['p99', 100, metrics(100, 0, { p99Ms: 100.5 }), 'fail'],
    ['p95', 100, metrics(100, 0), 'pass'],
  ])('judges %s over %d', (metric, max, canary, expected) => {
    const gate = { id: 'g', type: 'absolute', metric, max };

    expect(verdictsOf(baking(batches([canary, metrics(900)]), { gates: [gate] }))).toEqual([`g ${expected}`]);
  });

  it('weighs the percentiles of its windows by their requests', () => {
    const gate = { id: 'g', type: 'absolute', metric: 'p95', max: 100, minSamples: 100 };
    const all = batches([metrics(90, 0, { p95Ms: 50 }), metrics(900)], [metrics(10, 0, { p95Ms: 400 }), metrics(900)]);

    const [verdict] = judge(baking(all, { gates: [gate] }));

    expect(verdict?.detail['value']).toBe(85);
  });

  it.each([
    ['two stretches in a row are over', [metrics(20, 20), metrics(20, 20)], 'fail'],
    ['only the last is over', [metrics(20, 0), metrics(20, 20)], 'pass'],
    ['only the one before is over', [metrics(20, 20), metrics(20, 0)], 'pass'],
    ['there is only one stretch', [metrics(20, 20)], 'pass'],
  ])('with consecutive 2, when %s', (_, canaries, expected) => {
    const all = batches(...canaries.map((canary) => [canary, metrics(1000)] as const));

    expect(verdictsOf(baking(all, { gates: [{ ...DEAD, consecutive: 2 }] }))).toEqual([`dead ${expected}`]);
  });

  it('asks for no more requests than its step does', () => {
    const steps = [{ kind: 'traffic', weight: 20, bake: 'PT10M', minSamples: 5 }, STEPS[2]];
    const verdict = (requests: number) =>
      verdictsOf(baking(batches([metrics(requests), metrics(100)]), { steps, gates: [DEAD] }));

    expect(verdict(5)).toEqual(['dead pass']);
    expect(verdict(4)).toEqual(['dead insufficient']);
  });

  it('judges only the steps it is for', () => {
    const all = batches([metrics(40, 40), metrics(1000)]);

    expect(verdictsOf(baking(all, { gates: [{ ...DEAD, steps: [1] }, RATIO] }, 0))).not.toContain('dead fail');
    expect(verdictsOf(baking(all, { gates: [{ ...DEAD, steps: [1] }] }, 1))).toEqual(['dead fail']);
  });
});

describe('the number of requests that are enough', () => {
  it.each([
    [2, 0.01, 3500],
    [3, 0.01, 1050],
    [5, 0.01, 350],
    [10, 0.01, 110],
    [5, 0, 3500],
    [5, 0.5, 100],
    [2, 0.0001, 35_000],
    [1.2, 0.001, 50_000],
    [30, 0.001, 176],
    [4, 0.01, 566],
  ])('for ratio %d at a stable rate of %d is %d', (ratio, rate, expected) => {
    expect(sequentialSamples(ratio, rate)).toBe(expected);
  });

  const traffic = (canary: number, stable: number, minutes = 10) =>
    batches(
      ...Array.from(
        { length: minutes },
        () => [metrics(canary / minutes), metrics(stable / minutes, stable / minutes / 200)] as const,
      ),
    );

  it.each([
    ['half of what is expected in a small step', traffic(200, 19_800), 0, 100],
    ['at least 20 in a small step', traffic(30, 2_970), 0, 20],
    ['what its extensions can bring when that is less', traffic(2.5, 247.5), 0, 5],
    ['one without any traffic', traffic(0, 0), 0, 1],
    ['the whole number in the last step below 100', traffic(5_000, 5_000), 1, 700],
  ])('is %s', (_, all, step, expected) => {
    expect(requirementOf(baking(all, { gates: [RATIO] }, step)).canary).toBe(expected);
  });

  it('is what the step says, counted in the step', () => {
    const steps = [{ kind: 'traffic', weight: 20, bake: 'PT10M', minSamples: 40 }, STEPS[2]];
    const rollout = baking(traffic(5_000, 20_000), { steps, gates: [RATIO] });

    const inStep = { since: T0, canary: 39, stable: 400 };
    expect(requirementOf({ ...rollout, evidence: { ...rollout.evidence, inStep } })).toEqual({
      canary: 40,
      stable: 40,
      seenCanary: 39,
      seenStable: 400,
    });
  });

  it('asks less of stable where it has less of the traffic, and nothing where nobody compares', () => {
    const steps = [{ kind: 'traffic', weight: 80, bake: 'PT10M', minSamples: 100 }, STEPS[2]];

    expect(requirementOf(baking([], { steps, gates: [RATIO] })).stable).toBe(25);
    expect(requirementOf(baking([], { steps, gates: [DEAD] })).stable).toBe(0);
    expect(requirementOf({ ...baking([], { steps, gates: [RATIO] }), from: undefined }).stable).toBe(0);
  });

  it('knows how stable did the day before', () => {
    const rollout = baking([], { gates: [RATIO] }, 1);

    const evidence = { ...rollout.evidence, baseline: { requests: 100_000, errors: 2_000 } };
    expect(requirementOf({ ...rollout, evidence }).canary).toBe(175);
  });

  it('makes a gate insufficient until both versions have them', () => {
    const steps = [{ kind: 'traffic', weight: 50, bake: 'PT10M', minSamples: 100 }, STEPS[2]];
    const with_ = (canary: number, stable: number) =>
      verdictsOf(baking(batches([metrics(canary), metrics(stable)]), { steps, gates: [RATIO] }))[0];

    expect(with_(100, 100)).toBe('errors pass');
    expect(with_(99, 100)).toBe('errors insufficient');
    expect(with_(100, 99)).toBe('errors insufficient');
  });
});
