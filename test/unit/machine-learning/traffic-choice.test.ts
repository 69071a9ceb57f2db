import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseDeployment, chooseMirror, seededRandom } from '../../../local/machine-learning/traffic-choice.ts';

const draw = (traffic: Record<string, number>, seed: number, count: number): Record<string, number> => {
  const random = seededRandom(seed);
  const drawn: Record<string, number> = {};
  for (let at = 0; at < count; at += 1) {
    const name = chooseDeployment(traffic, random) ?? '';
    drawn[name] = (drawn[name] ?? 0) + 1;
  }
  return drawn;
};

describe('chooseDeployment', () => {
  it.each([
    { traffic: { stable: 90, canary: 10 }, expected: { stable: 8998, canary: 1002 } },
    { traffic: { stable: 50, canary: 50 }, expected: { stable: 5010, canary: 4990 } },
    { traffic: { stable: 99, canary: 1 }, expected: { stable: 9907, canary: 93 } },
    { traffic: { stable: 100, canary: 0 }, expected: { stable: 10_000 } },
  ])('draws 10 000 requests by $traffic, the same ones for the same seed', ({ traffic, expected }) => {
    expect(draw(traffic, 1, 10_000)).toEqual(expected);
  });

  it('stays within four standard deviations of the weights for any seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), fc.integer({ min: 1, max: 99 }), (seed, percent) => {
        const { canary = 0 } = draw({ stable: 100 - percent, canary: percent }, seed, 10_000);
        const deviation = Math.sqrt(10_000 * (percent / 100) * (1 - percent / 100));
        expect(Math.abs(canary - percent * 100)).toBeLessThan(4.5 * deviation);
      }),
      { numRuns: 50, seed: 7 },
    );
  });

  it('draws nothing when no weight is positive', () => {
    expect(chooseDeployment({}, Math.random)).toBeUndefined();
    expect(chooseDeployment({ stable: 0 }, Math.random)).toBeUndefined();
  });

  it('never draws a deployment of weight 0, also at the edges of the random range', () => {
    expect(chooseDeployment({ canary: 0, stable: 100 }, () => 0)).toBe('stable');
    expect(chooseDeployment({ stable: 100, canary: 0 }, () => 1 - Number.EPSILON / 2)).toBe('stable');
  });
});

describe('chooseMirror', () => {
  it('copies the given share', () => {
    const random = seededRandom(5);
    let copies = 0;
    for (let at = 0; at < 10_000; at += 1) if (chooseMirror({ canary: 10 }, random)) copies += 1;
    expect(copies).toBeGreaterThan(880);
    expect(copies).toBeLessThan(1_120);
  });

  it('copies nothing without mirror traffic', () => {
    expect(chooseMirror({}, () => 0)).toBeUndefined();
    expect(chooseMirror({ canary: 0 }, () => 0)).toBeUndefined();
  });
});
