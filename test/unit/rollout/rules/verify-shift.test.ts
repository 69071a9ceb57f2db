import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { noEvidence } from '../../../../shared/rollout/evidence.ts';
import type { Observation } from '../../../../shared/rollout/observation.ts';
import type { Traffic } from '../../../../shared/rollout/ports.ts';
import { verifyShift } from '../../../../shared/rollout/rules/steps.ts';
import { MINUTE, NOW, POLICY } from '../../../support/rollout-fixtures.ts';
import { applied, still } from '../../../support/rollout-ticks.ts';
import { T0 } from '../../../support/rollout-world.ts';

const ALL = { traffic: { 'v2-bbbb': 100 }, mirrorTraffic: {} };

describe('a weight that is read back', () => {
  const seen = (traffic: Traffic): Partial<Observation> => ({
    endpoint: { name: 'heart', provisioningState: 'Succeeded', traffic, mirrorTraffic: {}, scoringUri: '' },
  });
  const evidence = { ...noEvidence(1_000), watermark: epochMs(T0), segments: [{ at: epochMs(T0), mixed: true }] };
  const now = epochMs(NOW + 400);
  const standing = {
    ...evidence,
    segments: [
      { at: T0, mixed: true },
      { at: NOW + 1_000, mixed: false },
    ],
    inStep: { since: NOW, canary: 0, stable: 0 },
  };

  it('is baked', () => {
    expect(
      applied(verifyShift, 'Shifting', { rollout: { evidence }, seen: seen({ 'v1-aaaa': 90, 'v2-bbbb': 10 }), now }),
    ).toStrictEqual(
      still({
        rollout: {
          phase: 'Baking',
          phaseAt: now,
          bakeUntil: now + 10 * MINUTE,
          evidence: standing,
          trafficPut: undefined,
        },
        happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'Shifting' } }],
      }),
    );
  });

  const held = still({
    rollout: {
      phase: 'Holding',
      phaseAt: now,
      evidence: standing,
      trafficPut: undefined,
      championDue: { model: 'heart-classifier', version: '2' },
    },
    happenings: [{ type: 'slipway.rollout.promoted', note: { fromPhase: 'Shifting' } }],
  });

  it.each([3, 9])('at 100 %% is held, and champion is due (step %d)', (step) => {
    expect(
      applied(verifyShift, 'Shifting', {
        rollout: { evidence, step, desired: ALL },
        seen: seen({ 'v2-bbbb': 100 }),
        now,
      }),
    ).toStrictEqual(held);
  });

  it('bakes for no time when the step does not say how long', () => {
    const steps = [
      { kind: 'traffic' as const, weight: 10 },
      { kind: 'traffic' as const, weight: 100 },
    ];
    const rollout = { policy: { ...POLICY, steps }, step: 0 };

    expect(applied(verifyShift, 'Shifting', { rollout, seen: seen({ 'v1-aaaa': 90, 'v2-bbbb': 10 }) })).toMatchObject({
      rollout: { bakeUntil: NOW },
    });
  });

  it('is waited for', () => {
    expect(applied(verifyShift, 'Shifting')).toBeUndefined();
    expect(applied(verifyShift, 'Baking')).toBeUndefined();
  });
});
