import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import type { Observation } from '../../../../shared/rollout/observation.ts';
import type { ProvisioningState, Traffic } from '../../../../shared/rollout/ports.ts';
import { PHASES, type Phase } from '../../../../shared/rollout/rollout.ts';
import {
  followFreeze,
  pauseWithoutMetrics,
  rewriteTraffic,
  standStill,
} from '../../../../shared/rollout/rules/holding-still.ts';
import { goodEvidence, HOUR, MINUTE, NOW, POLICY } from '../../../support/rollout-fixtures.ts';
import { applied, type Situation, still } from '../../../support/rollout-ticks.ts';
import { T0 } from '../../../support/rollout-world.ts';

const found = (traffic: Traffic, provisioningState: ProvisioningState = 'Succeeded'): Observation['endpoint'] => ({
  name: 'heart',
  provisioningState,
  traffic,
  mirrorTraffic: {},
  scoringUri: '',
});
const EDITED = found({ 'v1-aaaa': 70, 'v2-bbbb': 30 });
const edited = (rollout: Situation['rollout'] = {}): Situation => ({ rollout, seen: { endpoint: EDITED } });
const put = (agoMs: number, tries: number) => ({ trafficPut: { at: epochMs(NOW - agoMs), tries } });
const paused = (reason: string, message: string) =>
  still({
    rollout: { pause: [reason] },
    happenings: [{ type: 'slipway.rollout.paused', note: { reason, message } }],
  });

describe('traffic that is not as wished', () => {
  const again = (tries: number) =>
    still({
      rollout: {
        trafficPut: { at: NOW, tries },
        evidence: {
          ...goodEvidence(),
          segments: [
            { at: T0 + 6 * MINUTE, mixed: false },
            { at: NOW, mixed: true },
          ],
        },
      },
      effects: [{ type: 'put-traffic', traffic: { 'v1-aaaa': 90, 'v2-bbbb': 10 }, mirrorTraffic: {} }],
    });
  const ASKED = 'wished {"v1-aaaa":90,"v2-bbbb":10}, found {"v1-aaaa":70,"v2-bbbb":30}';

  it('is written again, and the minutes between are not compared', () => {
    expect(applied(rewriteTraffic, 'Baking', edited())).toStrictEqual(again(1));
    expect(applied(rewriteTraffic, 'Baking', edited(put(8_000, 2)))).toStrictEqual(again(3));
    expect(applied(rewriteTraffic, 'Baking', edited(put(7_999, 2)))).toBeUndefined();
    expect(applied(rewriteTraffic, 'Shifting', edited(put(2_000, 1)))).toStrictEqual(again(2));
  });

  it('is a question to a person after three times', () => {
    expect(applied(rewriteTraffic, 'Baking', edited(put(HOUR, 3)))).toStrictEqual(paused('external-change', ASKED));
    expect(applied(rewriteTraffic, 'Baking', edited(put(HOUR, 2)))).toStrictEqual(again(3));
  });

  it('is a question that says why the platform refuses it', () => {
    const refusal = { effect: 'put-traffic', message: 'quota' };

    expect(applied(rewriteTraffic, 'Baking', edited({ ...put(HOUR, 3), refusal }))).toStrictEqual(
      paused('external-change', `${ASKED}; the platform refuses it: quota`),
    );
    expect(applied(rewriteTraffic, 'Baking', { rollout: put(HOUR, 3), seen: { endpoint: undefined } })).toStrictEqual(
      paused('external-change', 'wished {"v1-aaaa":90,"v2-bbbb":10}, found {}'),
    );
  });

  it('is waited for longer while it is shifting: one write is its own, and there is a time to verify', () => {
    const shifting = (tries: number, sinceMs: number) =>
      applied(rewriteTraffic, 'Shifting', edited({ ...put(5 * MINUTE, tries), phaseAt: epochMs(NOW - sinceMs) }));

    expect(shifting(4, 5 * MINUTE)).toStrictEqual(paused('external-change', ASKED));
    expect(shifting(4, 5 * MINUTE - 1)).toStrictEqual(again(5));
    expect(shifting(3, 5 * MINUTE)).toStrictEqual(again(4));
  });

  it('is written also when the endpoint cannot be found', () => {
    expect(applied(rewriteTraffic, 'Baking', { seen: { endpoint: undefined } })).toStrictEqual(again(1));
  });

  it('is not written while the endpoint is busy', () => {
    const busy = found({ 'v1-aaaa': 100 }, 'Updating');

    expect(applied(rewriteTraffic, 'Baking', { seen: { endpoint: busy } })).toBeUndefined();
  });

  it('is left to the person who was asked', () => {
    expect(applied(rewriteTraffic, 'Baking', edited({ pause: ['external-change'] }))).toBeUndefined();
    expect(applied(rewriteTraffic, 'Baking')).toBeUndefined();
  });

  it('matters where traffic is ours to keep', () => {
    const matters = (phase: Phase) => applied(rewriteTraffic, phase, edited({ trafficPut: undefined })) !== undefined;

    expect(PHASES.filter(matters)).toEqual(['Shifting', 'Baking', 'AwaitingApproval', 'Holding', 'Retiring']);
  });

  it('stands still meanwhile', () => {
    expect(applied(standStill, 'Baking', edited())).toStrictEqual(still());
    expect(applied(standStill, 'Baking', { rollout: { pause: ['manual'] } })).toStrictEqual(still());
    expect(applied(standStill, 'Baking')).toBeUndefined();
    expect(applied(standStill, 'Smoke', edited())).toBeUndefined();
  });
});

describe('metrics that cannot be read', () => {
  const failing = (errorStreak: number, sinceMs: number, rest: Situation['rollout'] = {}): Situation => ({
    rollout: { errorStreak, errorSince: epochMs(NOW - sinceMs), ...rest },
    seen: { metricsError: 'no answer' },
  });
  const PAUSED = paused('metrics-unavailable', 'no answer');

  it('pause when they fail more often than the policy allows', () => {
    expect(applied(pauseWithoutMetrics, 'Baking', failing(6, 0))).toStrictEqual(PAUSED);
    expect(applied(pauseWithoutMetrics, 'Baking', failing(5, 0))).toBeUndefined();
    expect(applied(pauseWithoutMetrics, 'Baking', failing(6, 0, { pause: ['metrics-unavailable'] }))).toBeUndefined();
    expect(applied(pauseWithoutMetrics, 'Smoke', failing(6, 0))).toBeUndefined();
    expect(applied(pauseWithoutMetrics, 'Baking')).toBeUndefined();
  });

  it('pause without words when the provider gave none', () => {
    expect(
      applied(pauseWithoutMetrics, 'Baking', { rollout: { errorStreak: 6, errorSince: undefined } }),
    ).toStrictEqual(paused('metrics-unavailable', 'the metrics provider does not answer'));
  });

  it('roll back when it lasts', () => {
    const wish = { traffic: { 'v1-aaaa': 100 }, mirrorTraffic: {} };

    expect(applied(pauseWithoutMetrics, 'Baking', failing(6, 30 * MINUTE))).toStrictEqual({
      rollout: {
        phase: 'RollingBack',
        phaseAt: NOW,
        desired: wish,
        outcome: { phase: 'RolledBack', reason: 'metrics-unavailable', message: 'no answer' },
        bakeUntil: undefined,
        trafficPut: { at: NOW, tries: 1 },
      },
      endpoint: { lastAppliedTraffic: wish },
      effects: [{ type: 'put-traffic', ...wish }],
      happenings: [
        {
          type: 'slipway.rollout.stepped',
          note: { fromPhase: 'Baking', reason: 'metrics-unavailable', message: 'no answer' },
        },
      ],
    });
    expect(applied(pauseWithoutMetrics, 'Baking', failing(6, 30 * MINUTE - 1))).toStrictEqual(PAUSED);
  });

  it.each([
    ['everything', { 'v2-bbbb': 100 }],
    ['nothing', { 'v1-aaaa': 100, 'v2-bbbb': 0 }],
    ['nothing known', { 'v1-aaaa': 100 }],
  ])('only pause while the canary has %s', (_, traffic) => {
    const desired = { traffic, mirrorTraffic: {} };

    expect(applied(pauseWithoutMetrics, 'Baking', failing(6, HOUR, { desired }))).toStrictEqual(PAUSED);
  });

  it('resume when they can be read again', () => {
    const pause = ['manual', 'metrics-unavailable'] as const;

    expect(applied(pauseWithoutMetrics, 'Baking', { rollout: { pause } })).toStrictEqual(
      still({
        rollout: { pause: ['manual'] },
        happenings: [{ type: 'slipway.rollout.resumed', note: { reason: 'metrics-unavailable' } }],
      }),
    );
  });
});

describe('a freeze', () => {
  const frozen = {
    policy: {
      ...POLICY,
      freeze: { windows: [{ name: 'eve', from: '2026-01-01T00:10:00Z', to: '2026-01-01T01:00:00Z' }] },
    },
  };

  it('pauses when it begins and resumes when it ends', () => {
    expect(applied(followFreeze, 'Baking', { rollout: frozen })).toStrictEqual(paused('freeze', "freeze 'eve' is on"));
    expect(applied(followFreeze, 'Baking', { rollout: { pause: ['freeze', 'drift'] } })).toStrictEqual(
      still({
        rollout: { pause: ['drift'] },
        happenings: [{ type: 'slipway.rollout.resumed', note: { reason: 'freeze' } }],
      }),
    );
  });

  it('is nothing new while it lasts', () => {
    expect(applied(followFreeze, 'Baking', { rollout: { ...frozen, pause: ['freeze'] } })).toBeUndefined();
    expect(applied(followFreeze, 'Baking')).toBeUndefined();
  });

  it('stops what moves on', () => {
    const stops = (phase: Phase) => applied(followFreeze, phase, { rollout: frozen }) !== undefined;

    expect(PHASES.filter(stops)).toEqual([
      'Provisioning',
      'Smoke',
      'Shifting',
      'Baking',
      'AwaitingApproval',
      'Holding',
    ]);
  });
});
