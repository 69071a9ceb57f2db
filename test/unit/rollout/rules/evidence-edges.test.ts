import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { addLogLikelihoods } from '../../../../shared/rollout/e-value.ts';
import {
  addWindow,
  bakeBegins,
  type Evidence,
  MAX_BATCHES,
  nextWindow,
  noEvidence,
  weightsChange,
  weightsStand,
} from '../../../../shared/rollout/evidence.ts';
import { policyOf } from '../../../support/rollout-world.ts';

const at = (seconds: number) => epochMs(1_767_225_600_000 + seconds * 1_000);
const VERSIONS = { canary: 'c', stable: 's', gates: policyOf().gates };
const NOW_DELAY = { delayMs: 10_000, minMs: 30_000 };

const window = (from: number, to: number) => ({
  from: at(from),
  to: at(to),
  deployments: {
    c: { requests: 10, errors: 1, timeouts: 0 },
    s: { requests: 90, errors: 2, timeouts: 0 },
  },
});

const seg = (seconds: number, mixed: boolean) => ({ at: at(seconds), mixed });

describe('segments', () => {
  it('begin with nothing', () => {
    expect(noEvidence(10_000)).toStrictEqual({
      granularityMs: 10_000,
      segments: [],
      batches: [],
      carried: {},
      canary: { requests: 0, errors: 0 },
      stable: { requests: 0, errors: 0 },
      coveredMs: 0,
      inStep: { canary: 0, stable: 0 },
      smoke: [],
    });
  });

  it.each([
    ['rounds down to the window in which it happens', 59, [seg(0, false), seg(50, true)]],
    ['begins on a window edge at that edge', 60, [seg(0, false), seg(60, true)]],
    ['takes the place of one that begins there', 5, [seg(0, true)]],
  ])('of a change of weights %s', (_, second, segments) => {
    const before: Evidence = { ...noEvidence(10_000), watermark: at(-100), segments: [seg(0, false)] };

    expect(weightsChange(before, at(second))).toStrictEqual({ ...before, segments });
    expect(weightsChange({ ...before, segments: [seg(0, false), seg(90, false)] }, at(second))).toStrictEqual({
      ...before,
      segments,
    });
  });

  it('set the watermark at the first change only', () => {
    expect(weightsChange(noEvidence(10_000), at(19))).toStrictEqual({
      ...noEvidence(10_000),
      watermark: at(10),
      segments: [seg(10, true)],
    });
  });

  it.each([
    ['rounds up to the first whole window', 51, [seg(0, true), seg(60, false)]],
    ['begins on a window edge at that edge', 60, [seg(0, true), seg(60, false)]],
    ['takes the place of one that begins there', 0, [seg(0, false)]],
  ])('of weights that stand %s', (_, second, segments) => {
    const before: Evidence = { ...noEvidence(10_000), watermark: at(0), segments: [seg(0, true)] };

    expect(weightsStand(before, at(second))).toStrictEqual({ ...before, segments });
    expect(weightsStand({ ...before, segments: [seg(0, true), seg(90, true)] }, at(second))).toStrictEqual({
      ...before,
      segments,
    });
  });

  it('do not count requests from before the bake', () => {
    const before: Evidence = { ...noEvidence(10_000), inStep: { since: at(0), canary: 5, stable: 7 } };

    expect(bakeBegins(before, at(19))).toStrictEqual({
      ...before,
      inStep: { since: at(10), canary: 0, stable: 0 },
    });
  });
});

describe('the next window', () => {
  const evidence: Evidence = { ...noEvidence(10_000), watermark: at(20), segments: [seg(20, false), seg(30, true)] };
  const next = (now: number, more: Partial<Evidence> = {}) => {
    const found = nextWindow({ ...evidence, ...more }, at(now), NOW_DELAY);
    return found === undefined ? undefined : [(found.from - at(0)) / 1_000, (found.to - at(0)) / 1_000];
  };

  it.each([
    ['ends where a segment ends, once that is old enough', 40, {}, [20, 30]],
    ['is not there before', 39, {}, undefined],
    ['is not there when nothing is new', 30, { segments: [seg(20, false)] }, undefined],
    ['is not there when the clock went back', 5, { segments: [seg(20, false)] }, undefined],
    ['waits for the least length', 59, { segments: [seg(20, false)] }, undefined],
    ['is as long as the least length', 60, { segments: [seg(20, false)] }, [20, 50]],
    ['ends at the first of several ends', 200, { segments: [seg(20, false), seg(40, true), seg(70, false)] }, [20, 40]],
  ])('%s', (_, now, more, expected) => {
    expect(next(now, more)).toEqual(expected);
  });

  it('passes over segments that have ended', () => {
    expect(next(70, { watermark: at(30) })).toEqual([30, 60]);
  });
});

describe('a window that is added', () => {
  const counts = (requests: number, errors: number) => ({ requests, errors, timeouts: 3, p95Ms: 40 });
  const before: Evidence = {
    ...noEvidence(10_000),
    watermark: at(20),
    segments: [seg(0, true), seg(20, false), seg(40, true)],
    canary: { requests: 100, errors: 1 },
    stable: { requests: 900, errors: 9 },
    coveredMs: 20_000,
    inStep: { since: at(20), canary: 7, stable: 70 },
  };
  const added = (more: Partial<Evidence> = {}, versions: Partial<typeof VERSIONS> = VERSIONS) =>
    addWindow(
      { ...before, ...more },
      { from: at(20), to: at(40), deployments: { c: counts(10, 2), s: counts(90, 4), undefined: counts(1, 1) } },
      { canary: 'c', gates: VERSIONS.gates, ...versions },
    );
  const batch = { from: at(20), to: at(40), mixed: false, canary: counts(10, 2), stable: counts(90, 4) };

  it('changes every sum', () => {
    expect(added()).toStrictEqual({
      ...before,
      watermark: at(40),
      segments: [seg(20, false), seg(40, true)],
      batches: [batch],
      canary: { requests: 110, errors: 3 },
      stable: { requests: 990, errors: 13 },
      coveredMs: 40_000,
      inStep: { since: at(20), canary: 17, stable: 160 },
    });
  });

  it.each([
    ['before the bake', { inStep: { since: at(21), canary: 7, stable: 70 } }],
    ['without a bake', { inStep: { canary: 7, stable: 70 } }],
  ])('%s is not counted in the step', (_, more) => {
    expect(added(more).inStep).toStrictEqual(more.inStep);
  });

  it.each([
    ['in changing weights', [seg(0, false), seg(20, true)], [seg(20, true)], true],
    ['in weights that stand', [seg(0, true), seg(10, false), seg(30, true)], [seg(10, false), seg(30, true)], false],
    ['before any weights', [seg(30, false)], [seg(30, false)], true],
    ['without segments', [], [], true],
  ])('%s is mixed or not', (_, segments, kept, mixed) => {
    const changed = added({ segments });

    expect(changed.segments).toStrictEqual(kept);
    expect(changed.batches).toStrictEqual([{ ...batch, mixed }]);
  });

  it('has nothing of stable when there is none', () => {
    expect(added({}, {}).batches[0]?.stable).toStrictEqual({ requests: 0, errors: 0, timeouts: 0 });
  });
});

describe('batches that are no longer kept', () => {
  const old = (mixed: boolean) => ({
    from: at(0),
    to: at(10),
    mixed,
    canary: { requests: 10, errors: 3, timeouts: 0 },
    stable: { requests: 90, errors: 1, timeouts: 0 },
  });
  const gates = policyOf({
    gates: [
      { id: 'one', type: 'errorRatio' },
      { id: 'two', type: 'errorRatio', maxRatio: 2 },
      { id: 'dead', type: 'absolute', metric: 'errorRate', max: 0.5 },
    ],
  }).gates;
  const full = (count: number, mixed: boolean): Evidence => ({
    ...noEvidence(10_000),
    watermark: at(10),
    segments: [seg(0, false)],
    batches: Array.from({ length: count }, () => old(mixed)),
  });
  const crowded = (count: number, mixed = false, carried = {}) =>
    addWindow({ ...full(count, mixed), carried }, window(10, 20), { canary: 'c', stable: 's', gates });
  const pair = { canaryRequests: 10, canaryBad: 3, stableRequests: 90, stableBad: 1 };

  it('are all kept up to the limit', () => {
    expect(crowded(MAX_BATCHES - 1).batches).toHaveLength(MAX_BATCHES);
    expect(crowded(MAX_BATCHES - 1).carried).toStrictEqual({});
  });

  it('are carried in sums, per ratio gate', () => {
    const { batches, carried } = crowded(MAX_BATCHES);

    expect(batches).toHaveLength(MAX_BATCHES);
    expect(batches.at(-1)?.from).toBe(at(10));
    expect(carried).toStrictEqual({
      one: addLogLikelihoods(undefined, [pair], 1),
      two: addLogLikelihoods(undefined, [pair], 2),
    });
    expect(crowded(MAX_BATCHES + 1, false, carried).carried).toStrictEqual({
      one: addLogLikelihoods(carried['one'], [pair, pair], 1),
      two: addLogLikelihoods(carried['two'], [pair, pair], 2),
    });
  });

  it('say nothing when they were mixed', () => {
    expect(crowded(MAX_BATCHES, true).carried['one']).toStrictEqual(Array.from({ length: 24 }, () => 0));
  });
});
