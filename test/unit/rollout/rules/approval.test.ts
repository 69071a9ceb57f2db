import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { approvalBefore, followApproval } from '../../../../shared/rollout/rules/steps.ts';
import { HOUR, NOW, POLICY } from '../../../support/rollout-fixtures.ts';
import { shifted, UNGATED, wish } from '../../../support/rollout-shift.ts';
import { applied, still, tickIn } from '../../../support/rollout-ticks.ts';

describe('an approval', () => {
  it.each([
    [2, 2, true],
    [2, 1, false],
    ['promote', 3, true],
    ['promote', 2, false],
  ] as const)('before %s is asked for at step %d: %s', (before, index, asked) => {
    const approval = { before, timeout: 'PT1H', onTimeout: 'rollback' as const };

    expect(approvalBefore({ ...POLICY, approvals: [approval] }, index)).toBe(asked ? approval : undefined);
  });

  it('that is given goes on', () => {
    const latches = { approval: { actor: 'ada', approved: true } };

    expect(applied(followApproval, 'AwaitingApproval', { rollout: { latches } })).toStrictEqual(
      shifted('AwaitingApproval', { actor: 'ada' }, { latches: {} }),
    );
    expect(applied(followApproval, 'Baking', { rollout: { latches } })).toBeUndefined();
  });

  const back = (
    said: { readonly reason: string; readonly message: string; readonly actor?: string },
    blocked: unknown,
  ) => ({
    rollout: {
      phase: 'RollingBack',
      phaseAt: NOW,
      desired: wish({ 'v1-aaaa': 100 }),
      outcome: { phase: 'RolledBack', reason: said.reason, message: said.message },
      trafficPut: { at: NOW, tries: 1 },
    },
    endpoint: {
      lastAppliedTraffic: wish({ 'v1-aaaa': 100 }),
      ...(blocked === undefined ? {} : { blocked }),
    },
    effects: [{ type: 'put-traffic', ...wish({ 'v1-aaaa': 100 }) }],
    happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'AwaitingApproval', ...said } }],
  });

  it('that is refused goes back, and blocks the version', () => {
    const latches = { approval: { actor: 'ada', approved: false } };

    expect(applied(followApproval, 'AwaitingApproval', { rollout: { latches } })).toStrictEqual(
      back({ reason: 'rejected', message: 'rejected by ada', actor: 'ada' }, [
        {
          model: 'heart-classifier',
          version: '2',
          reason: 'rejected',
          rollout: tickIn('Baking').rollout.id,
        },
      ]),
    );
  });

  const at = (agoMs: number) => ({ phaseAt: epochMs(NOW - agoMs) });

  it('that nobody gives in time goes back, or is asked about', () => {
    const message = 'nobody approved within PT1H';
    const pausing = {
      policy: { ...POLICY, approvals: [{ before: 2, timeout: 'PT1H', onTimeout: 'pause' as const }] },
    };

    expect(applied(followApproval, 'AwaitingApproval', { rollout: at(HOUR) })).toStrictEqual(
      back({ reason: 'approval-timeout', message }, undefined),
    );
    expect(applied(followApproval, 'AwaitingApproval', { rollout: { ...at(HOUR), ...pausing } })).toStrictEqual(
      still({
        rollout: { pause: ['approval-timeout'] },
        happenings: [{ type: 'slipway.rollout.paused', note: { reason: 'approval-timeout', message } }],
      }),
    );
  });

  it('is waited for, also when the policy asks for none', () => {
    expect(applied(followApproval, 'AwaitingApproval', { rollout: at(HOUR - 1) })).toStrictEqual(still());
    expect(applied(followApproval, 'AwaitingApproval', { rollout: { ...at(48 * HOUR), ...UNGATED } })).toStrictEqual(
      still(),
    );
  });
});
