import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { absorb } from '../../../../shared/rollout/absorb.ts';
import type { WindowMetrics } from '../../../../shared/rollout/evidence.ts';
import type { Phase, Rollout } from '../../../../shared/rollout/rollout.ts';
import { goodEvidence, MINUTE, NOW, rolloutIn, seenIn } from '../../../support/rollout-fixtures.ts';
import { T0 } from '../../../support/rollout-world.ts';

const TWO = { model: 'heart-classifier', version: '2' };
const NONE = { requests: 0, errors: 0, timeouts: 0 };

const window = (fromMin: number, toMin: number): WindowMetrics => ({
  from: epochMs(T0 + fromMin * MINUTE),
  to: epochMs(T0 + toMin * MINUTE),
  deployments: {
    'v1-aaaa': { requests: 90, errors: 2, timeouts: 0 },
    'v2-bbbb': { requests: 10, errors: 1, timeouts: 0 },
  },
});

describe('taking in an observation', () => {
  it('of nothing new changes nothing', () => {
    const rollout = rolloutIn('Baking', { championDue: TWO, errorStreak: 2, errorSince: NOW });

    expect(absorb(rollout, seenIn('Baking'), NOW)).toStrictEqual(rollout);
    expect(absorb(rollout, seenIn('Baking', { championSet: false }), NOW)).toStrictEqual(rollout);
  });

  it('that champion was set ends the wish', () => {
    expect(
      absorb(rolloutIn('Holding', { championDue: TWO }), seenIn('Holding', { championSet: true }), NOW),
    ).toMatchObject({ championDue: undefined });
  });

  const since = epochMs(NOW - MINUTE);

  it.each([
    ['counts the first failed reading', { metricsError: 'no' }, {}, 1, NOW],
    ['counts on', { metricsError: 'no' }, { errorStreak: 3, errorSince: since }, 4, since],
    ['forgets failures with a reading', { windows: [] }, { errorStreak: 3, errorSince: since }, 0, undefined],
    ['keeps failures when nothing was read', {}, { errorStreak: 3, errorSince: since }, 3, since],
  ])('%s', (_, seen, before, errorStreak, errorSince) => {
    const after = absorb(rolloutIn('Baking', before), seenIn('Baking', seen), NOW);

    expect([after.errorStreak, after.errorSince]).toEqual([errorStreak, errorSince]);
  });

  it('adds windows in order, of canary and stable', () => {
    const after = absorb(rolloutIn('Baking'), seenIn('Baking', { windows: [window(12, 13), window(13, 14)] }), NOW);

    expect(after.evidence.watermark).toBe(T0 + 14 * MINUTE);
    expect(after.evidence.batches.slice(1)).toStrictEqual([
      {
        from: T0 + 12 * MINUTE,
        to: T0 + 13 * MINUTE,
        mixed: false,
        canary: { requests: 10, errors: 1, timeouts: 0 },
        stable: { requests: 90, errors: 2, timeouts: 0 },
      },
      {
        from: T0 + 13 * MINUTE,
        to: T0 + 14 * MINUTE,
        mixed: false,
        canary: { requests: 10, errors: 1, timeouts: 0 },
        stable: { requests: 90, errors: 2, timeouts: 0 },
      },
    ]);
  });

  it('adds windows of the canary alone when nothing was stable', () => {
    const rollout = rolloutIn('Baking', { from: undefined });

    const after = absorb(rollout, seenIn('Baking', { windows: [window(12, 13)] }), NOW);

    expect(after.evidence.batches[1]).toMatchObject({ canary: { requests: 10 }, stable: NONE });
  });

  it('keeps the first baseline', () => {
    const baseline = { requests: 100, errors: 1 };
    const seen = seenIn('Baking', { baseline });
    const known = { ...goodEvidence(), baseline: { requests: 7, errors: 0 } };

    expect(absorb(rolloutIn('Baking'), seen, NOW).evidence.baseline).toStrictEqual(baseline);
    expect(absorb(rolloutIn('Baking', { evidence: known }), seen, NOW).evidence.baseline).toStrictEqual(known.baseline);
  });

  it('adds smoke answers to those before', () => {
    const [one, two] = [
      { status: 200, latencyMs: 1 },
      { status: 200, latencyMs: 2 },
    ];
    const rollout = rolloutIn('Smoke', { evidence: { ...goodEvidence(), smoke: [one] } });

    expect(absorb(rollout, seenIn('Smoke', { smokeAnswers: [two] }), NOW).evidence.smoke).toStrictEqual([one, two]);
  });
});

describe('weights that were edited and are back', () => {
  const MIXED = [
    { at: epochMs(T0 + 6 * MINUTE), mixed: false },
    { at: epochMs(T0 + 8 * MINUTE), mixed: false },
    { at: epochMs(T0 + 9 * MINUTE), mixed: true },
  ];
  const edited = (phase: Phase, patch: Partial<Rollout> = {}) =>
    rolloutIn(phase, { evidence: { ...goodEvidence(), segments: MIXED }, ...patch });
  const standing = { at: NOW, mixed: false };

  it.each(['Baking', 'AwaitingApproval', 'Holding'] as const)('are compared again in %s', (phase) => {
    expect(absorb(edited(phase), seenIn(phase), NOW).evidence.segments).toStrictEqual([...MIXED, standing]);
  });

  it('are not compared while they are shifted or not back', () => {
    const other = { desired: { traffic: { 'v1-aaaa': 50, 'v2-bbbb': 50 }, mirrorTraffic: {} } };

    expect(absorb(edited('Retiring'), seenIn('Retiring'), NOW).evidence.segments).toStrictEqual(MIXED);
    expect(absorb(edited('Baking', other), seenIn('Baking'), NOW).evidence.segments).toStrictEqual(MIXED);
  });

  it('stay as they are when they never changed', () => {
    for (const segments of [[], MIXED.slice(0, 1)]) {
      const rollout = edited('Baking', { evidence: { ...goodEvidence(), segments } });

      expect(absorb(rollout, seenIn('Baking'), NOW).evidence.segments).toStrictEqual(segments);
    }
  });
});
