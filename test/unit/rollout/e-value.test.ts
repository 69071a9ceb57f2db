import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addLogLikelihoods, eValue, type PairedCounts, rhoGrid, toEValue } from '../../../shared/rollout/e-value.ts';

const batch = (canaryRequests: number, canaryBad: number, stableRequests: number, stableBad: number): PairedCounts => ({
  canaryRequests,
  canaryBad,
  stableRequests,
  stableBad,
});

const E9 = [batch(200, 3, 1800, 9), batch(210, 5, 1790, 8), batch(190, 6, 1810, 10)];

describe('e-value', () => {
  it.each([
    ['the first batch', 1, 1, 1.348058],
    ['two batches', 2, 1, 25.09335],
    ['three batches', 3, 1, 1594.609961],
    ['the first batch with a tolerated ratio of 1.5', 1, 1.5, 0.704065],
    ['two batches with a tolerated ratio of 1.5', 2, 1.5, 3.79419],
    ['three batches with a tolerated ratio of 1.5', 3, 1.5, 45.337375],
  ])('is the published number after %s', (_, batches, maxRatio, expected) => {
    expect(eValue(E9.slice(0, batches), maxRatio)).toBeCloseTo(expected, 6);
  });

  it.each([
    ['nothing bad happened', [batch(100, 0, 900, 0)], 1],
    ['one bad request hit the canary', [batch(100, 1, 900, 0)], 4.213424],
    ['there was no canary request', [batch(0, 0, 900, 4)], 1],
    ['there was no stable request', [batch(100, 50, 0, 0)], 1],
    ['there is no batch', [], 1],
  ])('when %s', (_, batches, expected) => {
    expect(eValue(batches)).toBeCloseTo(expected, 6);
  });

  it('mixes 24 ratios from just above the tolerated one up to 32', () => {
    expect(rhoGrid()).toHaveLength(24);
    expect(rhoGrid()[0]).toBeCloseTo(1.155353, 6);
    expect(rhoGrid()[23]).toBeCloseTo(32, 9);
    expect(rhoGrid(2)[11]).toBeCloseTo(8, 9);
  });

  it('is capped where JSON numbers end', () => {
    expect(eValue([batch(100_000, 100_000, 100_000, 0)])).toBe(1e300);
  });

  const counts = fc
    .tuple(fc.nat(500), fc.nat(500), fc.nat(500), fc.nat(500))
    .map(([a, b, c, d]) => batch(Math.max(a, b), Math.min(a, b), Math.max(c, d), Math.min(c, d)));

  it('is the same whether batches are kept or carried as sums', () => {
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 8 }), fc.nat(8), (batches, cut) => {
        const carried = addLogLikelihoods(undefined, batches.slice(0, cut));
        const whole = eValue(batches);
        expect(toEValue(addLogLikelihoods(carried, batches.slice(cut))) / whole).toBeCloseTo(1, 8);
      }),
    );
  });

  it('is never negative and never infinite', () => {
    fc.assert(
      fc.property(fc.array(counts, { maxLength: 20 }), fc.double({ min: 1, max: 5, noNaN: true }), (batches, ratio) => {
        const value = eValue(batches, ratio);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1e300);
      }),
    );
  });
});
