import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../shared/platform/time.ts';
import { addLogLikelihoods, eValue, toEValue } from '../../../shared/rollout/e-value.ts';
import {
  addWindow,
  bakeBegins,
  comparable,
  type Evidence,
  MAX_BATCHES,
  nextWindow,
  noEvidence,
  weightsChange,
  weightsStand,
} from '../../../shared/rollout/evidence.ts';
import { policyOf } from '../../support/rollout-world.ts';

const at = (seconds: number) => epochMs(1_767_225_600_000 + seconds * 1_000);
const VERSIONS = { canary: 'c', stable: 's', gates: policyOf().gates };
const NOW_DELAY = { delayMs: 10_000, minMs: 30_000 };

/** Weights changed at 5 s and were read back at 12.4 s; windows are whole tens of seconds. */
const shifted = (): Evidence => weightsStand(weightsChange(noEvidence(10_000), at(5)), epochMs(at(12) + 400));

const window = (from: number, to: number, canary = 10, canaryErrors = 1, stable = 90) => ({
  from: at(from),
  to: at(to),
  deployments: {
    c: { requests: canary, errors: canaryErrors, timeouts: 0 },
    s: { requests: stable, errors: 2, timeouts: 0 },
  },
});

describe('evidence', () => {
  it('begins where weights first change and knows where they stood', () => {
    expect(shifted()).toMatchObject({
      watermark: at(0),
      segments: [
        { at: at(0), mixed: true },
        { at: at(20), mixed: false },
      ],
    });
  });

  it.each([
    ['nothing before the first change', noEvidence(10_000), 100, undefined],
    ['nothing while the window is younger than the delay', shifted(), 19, undefined],
    ['up to where the weights stood, however short', shifted(), 30, [0, 20]],
    ['nothing while there is less than an interval', { ...shifted(), watermark: at(20) }, 59, undefined],
    ['everything that is old enough', { ...shifted(), watermark: at(20) }, 60, [20, 50]],
    ['whole windows only', { ...shifted(), watermark: at(20) }, 79, [20, 60]],
  ])('reads %s', (_, evidence, now, expected) => {
    const found = nextWindow(evidence, at(now), NOW_DELAY);

    expect(found).toEqual(
      expected === undefined ? undefined : { from: at(expected[0] ?? 0), to: at(expected[1] ?? 0) },
    );
  });

  it('keeps minutes of changing weights apart from minutes to compare', () => {
    const evidence = addWindow(addWindow(shifted(), window(0, 20), VERSIONS), window(20, 50), VERSIONS);

    expect(evidence.batches.map(({ mixed }) => mixed)).toEqual([true, false]);
    expect(comparable(evidence.batches)).toEqual([
      { canaryRequests: 10, canaryBad: 1, stableRequests: 90, stableBad: 2 },
    ]);
    expect(evidence).toMatchObject({
      watermark: at(50),
      segments: [{ at: at(20), mixed: false }],
      canary: { requests: 20, errors: 2 },
      stable: { requests: 180, errors: 4 },
      coveredMs: 50_000,
    });
  });

  it('ignores a window that was read before', () => {
    const once = addWindow(shifted(), window(0, 20), VERSIONS);

    expect(addWindow(once, window(0, 20), VERSIONS)).toBe(once);
    expect(addWindow(once, window(30, 60), VERSIONS)).toBe(once);
  });

  it('counts a deployment that is not told of as without requests', () => {
    const evidence = addWindow(shifted(), { from: at(0), to: at(20), deployments: {} }, VERSIONS);

    expect(evidence.batches[0]).toMatchObject({ canary: { requests: 0 }, stable: { requests: 0 } });
  });

  it('counts the requests of a step from where its bake begins', () => {
    const baking = bakeBegins(shifted(), at(20));
    const before = addWindow(baking, window(0, 20), VERSIONS);
    const after = addWindow(before, window(20, 50), VERSIONS);

    expect(before.inStep).toEqual({ since: at(20), canary: 0, stable: 0 });
    expect(after.inStep).toEqual({ since: at(20), canary: 10, stable: 90 });
  });

  it('starts mixing again when weights change again, without moving the watermark', () => {
    const again = weightsStand(weightsChange({ ...shifted(), watermark: at(20) }, at(95)), at(101));

    expect(again.watermark).toEqual(at(20));
    expect(again.segments.slice(-2)).toEqual([
      { at: at(90), mixed: true },
      { at: at(110), mixed: false },
    ]);
    expect(nextWindow(again, at(300), NOW_DELAY)).toEqual({ from: at(20), to: at(90) });
  });

  it('never grows beyond its limit and never forgets what old batches said', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(10), { minLength: 5, maxLength: 5 }), (errors) => {
        const count = MAX_BATCHES + 5;
        let evidence: Evidence = { ...weightsStand(noEvidence(1_000), at(0)), watermark: at(0) };
        for (let i = 0; i < count; i += 1) {
          evidence = addWindow(evidence, window(i * 10, (i + 1) * 10, 10, errors[i] ?? 0), VERSIONS);
        }
        const all = Array.from({ length: count }, (_, i) => ({
          canaryRequests: 10,
          canaryBad: errors[i] ?? 0,
          stableRequests: 90,
          stableBad: 2,
        }));
        const kept = toEValue(addLogLikelihoods(evidence.carried['errors'], comparable(evidence.batches)));
        expect(evidence.batches).toHaveLength(MAX_BATCHES);
        expect(kept / eValue(all)).toBeCloseTo(1, 6);
        expect(evidence.canary.requests).toBe(10 * count);
      }),
      { numRuns: 5 },
    );
  });

  it('stays far below what one document may hold', () => {
    let evidence: Evidence = { ...weightsStand(noEvidence(1_000), at(0)), watermark: at(0) };
    for (let i = 0; i < 2 * MAX_BATCHES; i += 1) {
      evidence = addWindow(evidence, window(i * 10, (i + 1) * 10, 1e9, 1e8, 1e9), VERSIONS);
    }

    expect(JSON.stringify(evidence).length).toBeLessThan(100_000);
  });
});
