import { describe, expect, it } from 'vitest';
import { judge, sequentialBound } from '../../../shared/rollout/gates.ts';
import { baking, batches, DEAD, metrics, RATIO, STEPS, verdictsOf } from '../../support/rollout-baking.ts';
import { policyOf } from '../../support/rollout-world.ts';

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
    ['fails when it has failed for long', [metrics(30, 30), metrics(30, 30), metrics(30, 30)], 'dead fail'],
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

describe('a verdict', () => {
  const steps = [{ kind: 'traffic', weight: 20, bake: 'PT10M', minSamples: 100 }, STEPS[2]];
  const gate = { id: 'g', type: 'absolute', metric: 'p95', max: 100, minSamples: 50 };

  it('of an absolute gate says what it says it from', () => {
    const all = batches([metrics(60, 6, { p95Ms: 70 }), metrics(100)], [metrics(40, 1), metrics(100)]);

    expect(judge(baking(all, { steps, gates: [{ ...gate, enforce: false }], allowUngated: true }))).toStrictEqual([
      {
        gate: 'g',
        enforced: false,
        verdict: 'pass',
        detail: { metric: 'p95', value: 70, max: 100, canaryRequests: 100, canaryErrors: 7 },
      },
    ]);
  });

  it('of an absolute gate without a whole stretch has no value', () => {
    expect(
      judge(baking(batches([metrics(49, 1, { p95Ms: 500 }), metrics(100)]), { steps, gates: [gate] })),
    ).toStrictEqual([
      {
        gate: 'g',
        enforced: true,
        verdict: 'insufficient',
        detail: { metric: 'p95', value: null, max: 100, canaryRequests: 49, canaryErrors: 1 },
      },
    ]);
  });

  it('of a ratio gate says what it says it from', () => {
    const rollout = baking(batches([metrics(99, 2), metrics(400, 8)]), { steps, gates: [RATIO] });

    expect(judge(rollout)).toStrictEqual([
      {
        gate: 'errors',
        enforced: true,
        verdict: 'insufficient',
        detail: {
          canaryRequests: 99,
          canaryErrors: 2,
          stableRequests: 400,
          stableErrors: 8,
          neededRequests: 100,
          eValue: expect.closeTo(0.242566, 5) as number,
          bound: 100,
        },
      },
    ]);
  });

  it('fails at exactly the bound', () => {
    const carried = (value: number) => ({ errors: Array.from({ length: 24 }, () => Math.log(value)) });
    const rollout = baking([], { steps, gates: [RATIO] });
    const said = (value: number) =>
      verdictsOf({ ...rollout, evidence: { ...rollout.evidence, carried: carried(value) } })[0];

    expect(said(100.000001)).toBe('errors fail');
    expect(said(99.999999)).toBe('errors insufficient');
  });

  it.each([
    ['leaves out windows without a percentile', [metrics(40, 0, { p95Ms: 90 }), metrics(40)], 90],
    ['leaves out windows without requests', [metrics(50, 0, { p95Ms: 80 }), metrics(0, 0, { p95Ms: 900 })], 80],
    ['has none without any percentile', [metrics(50), metrics(50)], null],
    ['has none when only windows without requests tell one', [metrics(50), metrics(0, 0, { p95Ms: 900 })], null],
    ['is that of the newest stretch', [metrics(50, 0, { p95Ms: 10 }), metrics(50, 0, { p95Ms: 20 })], 20],
    ['may be of more than one window', [metrics(30, 0, { p95Ms: 10 }), metrics(20, 0, { p95Ms: 20 })], 14],
  ])('of a percentile %s', (_, canaries, value) => {
    const all = batches(...canaries.map((canary) => [canary, metrics(100)] as const));

    expect(judge(baking(all, { steps, gates: [gate] }))[0]?.detail['value']).toBe(value);
  });

  it('adds up each stretch by itself', () => {
    const all = batches(
      ...[metrics(30, 30), metrics(30, 30), metrics(30, 30), metrics(30, 0)].map(
        (canary) => [canary, metrics(100)] as const,
      ),
    );
    const rate = { id: 'g', type: 'absolute', metric: 'errorRate', max: 0.4, minSamples: 50, consecutive: 2 };

    expect(judge(baking(all, { steps, gates: [rate] }))[0]).toMatchObject({ verdict: 'fail', detail: { value: 0.5 } });
    expect(judge(baking(all, { steps, gates: [{ ...rate, consecutive: 3 }] }))[0]).toMatchObject({ verdict: 'pass' });
  });
});
