import { describe, expect, it } from 'vitest';
import { finishSmoke } from '../../../../shared/rollout/rules/provisioning.ts';
import { goodEvidence, MINUTE, NOW, rolloutIn } from '../../../support/rollout-fixtures.ts';
import { applied, still } from '../../../support/rollout-ticks.ts';
import { T0 } from '../../../support/rollout-world.ts';

describe('smoke', () => {
  const evidence = (...smoke: { status: number; latencyMs: number; problem?: string }[]) => ({
    evidence: { ...goodEvidence(), smoke },
  });
  const good = { status: 200, latencyMs: 10 };
  const SHIFTED = (step: number, traffic: Record<string, number>, detail: object) => ({
    rollout: {
      phase: 'Shifting',
      phaseAt: NOW,
      step,
      desired: { traffic, mirrorTraffic: {} },
      trafficPut: { at: NOW, tries: 1 },
      hadTraffic: true,
      evidence: {
        ...evidence(good, good).evidence,
        segments: [
          { at: T0 + 6 * MINUTE, mixed: false },
          { at: NOW, mixed: true },
        ],
      },
    },
    endpoint: { lastAppliedTraffic: { traffic, mirrorTraffic: {} } },
    effects: [{ type: 'put-traffic', traffic, mirrorTraffic: {} }],
    happenings: [
      {
        type: 'slipway.rollout.stepped',
        note: { fromPhase: 'Smoke', evidence: [{ gate: 'smoke', verdict: 'pass', detail }] },
      },
    ],
  });

  it('is waited for', () => {
    expect(applied(finishSmoke, 'Smoke')).toStrictEqual(still());
    expect(applied(finishSmoke, 'Baking')).toBeUndefined();
  });

  it('that passes goes on to the next step, and without stable to the last', () => {
    const detail = { requests: 2, failed: 0, p95Ms: 10 };

    expect(applied(finishSmoke, 'Smoke', { rollout: evidence(good, good) })).toStrictEqual(
      SHIFTED(1, { 'v1-aaaa': 90, 'v2-bbbb': 10 }, detail),
    );
    expect(applied(finishSmoke, 'Smoke', { rollout: { ...evidence(good, good), from: undefined } })).toStrictEqual(
      SHIFTED(3, { 'v2-bbbb': 100 }, detail),
    );
  });

  it('that fails rolls back without a write, and blocks the version', () => {
    const desired = { traffic: { 'v1-aaaa': 100 }, mirrorTraffic: {} };
    const said = {
      reason: 'smoke-failed',
      message: '1 of 2 smoke requests failed: the canary answered 424',
      evidence: [{ gate: 'smoke', verdict: 'fail', detail: { requests: 2, failed: 1, p95Ms: 10 } }],
    };
    const bad = { status: 424, latencyMs: 10, problem: 'answered 424' };

    expect(applied(finishSmoke, 'Smoke', { rollout: evidence(good, bad) })).toStrictEqual({
      rollout: {
        phase: 'RollingBack',
        phaseAt: NOW,
        outcome: { phase: 'RolledBack', ...said },
        trafficPut: { at: NOW, tries: 1 },
      },
      endpoint: {
        lastAppliedTraffic: desired,
        blocked: [
          {
            model: 'heart-classifier',
            version: '2',
            reason: 'smoke-failed',
            rollout: rolloutIn('Smoke').id,
          },
        ],
      },
      effects: [],
      happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'Smoke', ...said } }],
    });
  });
});
