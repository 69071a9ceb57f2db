import { describe, expect, it } from 'vitest';
import { allOn, sameTraffic, split } from '../../../shared/rollout/traffic.ts';

describe('traffic', () => {
  it.each([
    [{}, {}, true],
    [{ a: 100 }, { a: 100, b: 0 }, true],
    [{ a: 100, b: 0 }, { a: 100 }, true],
    [{ a: 90, b: 10 }, { b: 10, a: 90 }, true],
    [{ a: 90, b: 10 }, { a: 100 }, false],
    [{ a: 100 }, { b: 100 }, false],
    [{}, { a: 100 }, false],
  ])('%o is the same as %o: %s', (left, right, expected) => {
    expect(sameTraffic(left, right)).toBe(expected);
  });

  it.each([
    ['v1', 10, { v1: 90, v2: 10 }],
    ['v1', 100, { v2: 100 }],
    [undefined, 10, { v2: 100 }],
  ])('beside %s, %d on the canary is %o', (stable, weight, traffic) => {
    expect(split(stable, 'v2', weight)).toEqual({ traffic, mirrorTraffic: {} });
  });

  it('is all on one, or none', () => {
    expect(allOn('v1')).toEqual({ traffic: { v1: 100 }, mirrorTraffic: {} });
    expect(allOn(undefined)).toEqual({ traffic: {}, mirrorTraffic: {} });
  });
});
