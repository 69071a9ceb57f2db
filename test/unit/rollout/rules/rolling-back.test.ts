import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import type { Observation } from '../../../../shared/rollout/observation.ts';
import type { Traffic } from '../../../../shared/rollout/ports.ts';
import {
  afterTheEnd,
  canaryGoesAt,
  cleanUp,
  finishRollback,
  guardAt,
  retryRollback,
} from '../../../../shared/rollout/rules/rolling-back.ts';
import { deployment, HOUR, MINUTE, NOW, rolloutIn } from '../../../support/rollout-fixtures.ts';
import { applied, still } from '../../../support/rollout-ticks.ts';

const ENTERED = NOW - 2 * MINUTE;
const PENDING = { rolloutId: 'heart.ro_3', model: 'heart-classifier', version: '3' };
const EVIDENCE = [{ gate: 'errors', verdict: 'fail' as const, detail: { eValue: 120 } }];

const found = (traffic: Traffic, mirrorTraffic: Traffic = {}): Pick<Observation, 'endpoint'> => ({
  endpoint: { name: 'heart', provisioningState: 'Succeeded', traffic, mirrorTraffic, scoringUri: '' },
});
const BACK = found({ 'v1-aaaa': 100 });

describe('a rollback that is read back', () => {
  const cleaning = (told: unknown, effects: readonly unknown[] = []) => ({
    rollout: { phase: 'Cleanup', phaseAt: NOW, trafficPut: undefined, guards: 2 },
    endpoint: { activeRolloutId: undefined },
    effects,
    happenings: [told],
  });
  const note = { fromPhase: 'RollingBack', reason: 'gate-failed', message: 'worse' };

  it('gives the endpoint back and tells why', () => {
    expect(applied(finishRollback, 'RollingBack', { seen: BACK })).toStrictEqual(
      cleaning({ type: 'slipway.rollout.rolled-back', note }),
    );
  });

  it('lets the next one in, and hands the evidence on', () => {
    const outcome = { phase: 'RolledBack', reason: 'gate-failed', message: 'worse', evidence: EVIDENCE } as const;

    expect(
      applied(finishRollback, 'RollingBack', { seen: BACK, rollout: { outcome }, endpoint: { pending: PENDING } }),
    ).toStrictEqual(
      cleaning({ type: 'slipway.rollout.rolled-back', note: { ...note, evidence: EVIDENCE } }, [
        { type: 'wake-rollout', rolloutId: 'heart.ro_3' },
      ]),
    );
  });

  it.each([
    ['quietly when a newer one took over before any request', 'Superseded', false, 'slipway.rollout.stepped'],
    ['aloud when it had traffic', 'Superseded', true, 'slipway.rollout.rolled-back'],
    ['aloud when it was not superseded', 'RolledBack', false, 'slipway.rollout.rolled-back'],
  ] as const)('ends %s', (_, phase, hadTraffic, type) => {
    const outcome = { phase, reason: 'gate-failed', message: 'worse' };

    expect(applied(finishRollback, 'RollingBack', { seen: BACK, rollout: { outcome, hadTraffic } })).toStrictEqual(
      cleaning({ type, note }),
    );
  });

  it('ends without a known outcome as aborted', () => {
    expect(applied(finishRollback, 'RollingBack', { seen: BACK, rollout: { outcome: undefined } })).toStrictEqual(
      cleaning({
        type: 'slipway.rollout.rolled-back',
        note: { fromPhase: 'RollingBack', reason: 'aborted', message: '' },
      }),
    );
  });

  it('is none before the platform says so, mirror included, nor elsewhere', () => {
    expect(applied(finishRollback, 'RollingBack')).toBeUndefined();
    expect(
      applied(finishRollback, 'RollingBack', { seen: found({ 'v1-aaaa': 100 }, { 'v2-bbbb': 10 }) }),
    ).toBeUndefined();
    expect(applied(finishRollback, 'Smoke')).toBeUndefined();
  });
});

describe('a rollback that is not read back', () => {
  const put = (agoMs: number, tries: number) => ({ trafficPut: { at: epochMs(NOW - agoMs), tries } });
  const again = (tries: number, happenings: readonly unknown[] = []) =>
    still({
      rollout: { trafficPut: { at: NOW, tries } },
      effects: [{ type: 'put-traffic', traffic: { 'v1-aaaa': 100 }, mirrorTraffic: {} }],
      happenings,
    });

  it('is written again, each time later, at most a minute apart', () => {
    expect(applied(retryRollback, 'RollingBack', { rollout: put(1_999, 1) })).toStrictEqual(still());
    expect(applied(retryRollback, 'RollingBack', { rollout: put(2_000, 1) })).toStrictEqual(again(2));
    expect(applied(retryRollback, 'RollingBack', { rollout: put(59_999, 40) })).toStrictEqual(still());
    expect(applied(retryRollback, 'RollingBack', { rollout: put(60_000, 40) })).toStrictEqual(again(41));
    expect(applied(retryRollback, 'RollingBack', { rollout: { trafficPut: undefined } })).toStrictEqual(again(1));
  });

  it('is told at the third write, once', () => {
    const note = {
      reason: 'rollback-unverified',
      message: 'the platform does not read back the traffic that was put',
    };

    expect(applied(retryRollback, 'RollingBack', { rollout: put(HOUR, 2) })).toStrictEqual(
      again(3, [{ type: 'slipway.rollout.stepped', note }]),
    );
    expect(applied(retryRollback, 'RollingBack', { rollout: put(HOUR, 3) })).toStrictEqual(again(4));
    expect(applied(retryRollback, 'Baking', { rollout: put(HOUR, 2) })).toBeUndefined();
  });
});

describe('checks after the end', () => {
  it.each([
    [2, ENTERED + 5_000],
    [1, ENTERED + 65_000],
    [0, undefined],
  ])('with %d left, the next is due at %s', (guards, at) => {
    expect(guardAt(rolloutIn('Cleanup', { guards }))).toBe(at);
  });

  const EDITED = found({ 'v1-aaaa': 90, 'v2-bbbb': 10 });

  it.each(['Cleanup', 'RolledBack', 'Succeeded'] as const)('put traffic right again in %s', (phase) => {
    const wish = phase === 'Succeeded' ? { 'v2-bbbb': 100 } : { 'v1-aaaa': 100 };
    const rule = phase === 'Cleanup' ? cleanUp : afterTheEnd;

    expect(applied(rule, phase, { rollout: { guards: 2 }, seen: EDITED })).toStrictEqual(
      still({
        rollout: { guards: 1 },
        effects: [{ type: 'put-traffic', traffic: wish, mirrorTraffic: {} }],
        happenings: [
          {
            type: 'slipway.rollout.stepped',
            note: { reason: 'traffic-corrected', message: 'traffic had changed after the end of the rollout' },
          },
        ],
      }),
    );
  });

  it('leave traffic alone that is right, or that another rollout has', () => {
    const once = still({ rollout: { guards: 1 } });

    expect(applied(afterTheEnd, 'RolledBack', { rollout: { guards: 2 } })).toStrictEqual(once);
    expect(
      applied(afterTheEnd, 'RolledBack', {
        rollout: { guards: 2 },
        seen: EDITED,
        endpoint: { activeRolloutId: 'heart.ro_3' },
      }),
    ).toStrictEqual(once);
  });

  it('take an endpoint that is gone for one without traffic', () => {
    const situation = { rollout: { guards: 2 }, seen: { endpoint: undefined } };

    expect(applied(afterTheEnd, 'RolledBack', { ...situation, endpoint: { stable: undefined } })).toStrictEqual(
      still({ rollout: { guards: 1 } }),
    );
    expect(applied(afterTheEnd, 'RolledBack', situation)).toMatchObject({ effects: [{ type: 'put-traffic' }] });
  });

  it('come when they are due, as often as they are counted', () => {
    const at = (ms: number) => ({ guards: 2, phaseAt: epochMs(NOW - ms) });

    expect(applied(afterTheEnd, 'RolledBack', { rollout: at(4_999), seen: EDITED })).toStrictEqual(still());
    expect(applied(afterTheEnd, 'RolledBack', { rollout: at(5_000), seen: EDITED })).toMatchObject({
      rollout: { guards: 1 },
    });
    expect(applied(afterTheEnd, 'RolledBack', { rollout: { guards: 0 }, seen: EDITED })).toStrictEqual(still());
    expect(applied(afterTheEnd, 'Cleanup', { rollout: { guards: 2 }, seen: EDITED })).toBeUndefined();
  });
});

describe('cleaning up', () => {
  const OLD = { phaseAt: epochMs(NOW - 30 * MINUTE), guards: 0 };
  const DELETE = still({ effects: [{ type: 'delete-deployment', deployment: 'v2-bbbb' }] });
  const ended = (phase: string, reason: string, retired: readonly unknown[] = []) =>
    still({
      rollout: { phase, phaseAt: NOW },
      happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'Cleanup', reason } }, ...retired],
    });
  const RETIRED = [{ type: 'slipway.deployment.retired', deployment: 'v2-bbbb' }];

  it('keeps the canary as long as the policy says', () => {
    expect(canaryGoesAt(rolloutIn('Cleanup'))).toBe(ENTERED + 30 * MINUTE);
    expect(applied(cleanUp, 'Cleanup', { rollout: { ...OLD, phaseAt: epochMs(OLD.phaseAt + 1) } })).toStrictEqual(
      still(),
    );
    expect(applied(cleanUp, 'Cleanup', { rollout: OLD })).toStrictEqual(DELETE);
    expect(applied(cleanUp, 'Baking', { rollout: OLD })).toBeUndefined();
  });

  it.each([
    ['Superseded', false, 0],
    ['Superseded', true, 30 * MINUTE],
    ['RolledBack', false, 30 * MINUTE],
  ] as const)('of one that was %s (had traffic: %s) keeps it for %d ms', (phase, hadTraffic, ms) => {
    const rollout = rolloutIn('Cleanup', { outcome: { phase, reason: 'r', message: 'm' }, hadTraffic });

    expect(canaryGoesAt(rollout) - rollout.phaseAt).toBe(ms);
    expect(canaryGoesAt(rolloutIn('Cleanup', { outcome: undefined })) - ENTERED).toBe(30 * MINUTE);
  });

  it('waits while the platform deletes it, and then ends', () => {
    const deleting = { canary: deployment('v2-bbbb', 'Deleting') };

    expect(applied(cleanUp, 'Cleanup', { rollout: OLD, seen: deleting })).toStrictEqual(still());
    expect(applied(cleanUp, 'Cleanup', { rollout: OLD, seen: { canary: undefined } })).toStrictEqual(
      ended('RolledBack', 'gate-failed', RETIRED),
    );
  });

  it('ends without telling of a deployment that it never made', () => {
    const rollout = { ...OLD, deploymentPut: undefined, outcome: undefined };

    expect(applied(cleanUp, 'Cleanup', { rollout, seen: { canary: undefined } })).toStrictEqual(
      ended('RolledBack', 'aborted'),
    );
  });

  it.each([
    ['that is stable', { endpoint: { stable: { deployment: 'v2-bbbb' } } }],
    ['with traffic', { seen: found({ 'v1-aaaa': 99, 'v2-bbbb': 1 }) }],
    ['with mirrored traffic', { seen: found({ 'v1-aaaa': 100 }, { 'v2-bbbb': 10 }) }],
  ])('never deletes a deployment %s, and ends', (_, situation) => {
    expect(applied(cleanUp, 'Cleanup', { rollout: OLD, ...situation })).toStrictEqual(
      ended('RolledBack', 'gate-failed'),
    );
  });

  it('deletes when nothing is known of stable or traffic', () => {
    const endpoint = { stable: undefined };

    expect(applied(cleanUp, 'Cleanup', { rollout: OLD, endpoint, seen: { endpoint: undefined } })).toStrictEqual(
      DELETE,
    );
  });
});

describe('a rollout that failed', () => {
  const OLD = { phaseAt: epochMs(NOW - 30 * MINUTE), guards: 1 };

  it('has its deployment deleted when it was kept long enough', () => {
    expect(applied(afterTheEnd, 'Failed', { rollout: OLD })).toStrictEqual(
      still({ effects: [{ type: 'delete-deployment', deployment: 'v2-bbbb' }] }),
    );
    expect(applied(afterTheEnd, 'Failed', { rollout: { ...OLD, phaseAt: epochMs(OLD.phaseAt + 1) } })).toStrictEqual(
      still(),
    );
    expect(applied(afterTheEnd, 'Failed', { rollout: { ...OLD, guards: 0 } })).toStrictEqual(still());
  });

  it('tells when it is gone', () => {
    expect(applied(afterTheEnd, 'Failed', { rollout: OLD, seen: { canary: undefined } })).toStrictEqual(
      still({
        rollout: { guards: 0 },
        happenings: [{ type: 'slipway.deployment.retired', deployment: 'v2-bbbb' }],
      }),
    );
  });
});
