import { describe, expect, it } from 'vitest';
import { requirementOf, sequentialSamples } from '../../../shared/rollout/requirement.ts';
import type { Rollout } from '../../../shared/rollout/rollout.ts';
import { baking, batches, DEAD, metrics, RATIO, STEPS, verdictsOf } from '../../support/rollout-baking.ts';
import { T0 } from '../../support/rollout-world.ts';

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

  const need = (rollout: Rollout) => requirementOf(rollout);

  it('is nothing at a step without traffic, or at none', () => {
    const nothing = { canary: 0, stable: 0, seenCanary: 0, seenStable: 0 };
    const rollout = baking(traffic(200, 19_800), { steps: [{ kind: 'smoke' }, ...STEPS], gates: [RATIO] });

    expect(need(rollout)).toStrictEqual(nothing);
    expect(need({ ...rollout, step: 9 })).toStrictEqual(nothing);
  });

  it('is 20 in a small step while nothing was covered', () => {
    expect(need(baking([], { gates: [RATIO] }))).toStrictEqual({
      canary: 20,
      stable: 20,
      seenCanary: 0,
      seenStable: 0,
    });
    expect(need(baking([], { gates: [{ ...DEAD, minSamples: 7 }] })).canary).toBe(7);
  });

  it.each([
    [
      'enforced',
      [
        { ...DEAD, minSamples: 30 },
        { ...RATIO, enforce: false },
      ],
      30,
      0,
    ],
    [
      'of this step',
      [
        { ...DEAD, minSamples: 30 },
        { ...RATIO, steps: [0] },
      ],
      30,
      0,
    ],
    ['that need most', [{ ...DEAD, minSamples: 30 }, RATIO], 3_500, 3_500],
    ['that need most, in any order', [RATIO, { ...DEAD, minSamples: 5_000 }], 5_000, 5_000],
  ])('is what gates want that are %s', (_, gates, canary, stable) => {
    expect(need(baking([], { gates }, 1))).toStrictEqual({ canary, stable, seenCanary: 0, seenStable: 0 });
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
