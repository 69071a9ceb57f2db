import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { finishBake, promoteFully, shiftTo } from '../../../../shared/rollout/rules/steps.ts';
import { MINUTE, NOW } from '../../../support/rollout-fixtures.ts';
import { ALL, shifted, UNGATED, wish } from '../../../support/rollout-shift.ts';
import {
  applied,
  type Situation,
  still,
  tickIn,
  toldVerdict,
  verdict,
  whatChanged,
} from '../../../support/rollout-ticks.ts';

describe('shifting to a step', () => {
  it('wishes for its weight, and begins the step anew', () => {
    const tick = tickIn('Baking', {
      rollout: {
        refusal: { effect: 'put-traffic', message: 'no' },
        extendCount: 2,
        hadTraffic: false,
        latches: {
          promote: { actor: 'ada' },
          approval: { actor: 'ada', approved: true },
          superseded: { by: 'heart.ro_3' },
        },
      },
    });

    expect(whatChanged(tick, shiftTo(tick, 2))).toStrictEqual(
      shifted(
        'Baking',
        {},
        {
          refusal: undefined,
          extendCount: 0,
          hadTraffic: true,
          latches: { superseded: { by: 'heart.ro_3' } },
        },
      ),
    );
  });

  it('tells who wanted it and what the gates said', () => {
    const tick = tickIn('Baking');

    expect(shiftTo(tick, 2, { actor: 'ada', verdicts: [verdict('errors', 'pass')] }).happenings).toStrictEqual([
      {
        type: 'slipway.rollout.stepped',
        note: { fromPhase: 'Baking', actor: 'ada', evidence: [toldVerdict('errors', 'pass')] },
      },
    ]);
  });

  it('takes a step that is no traffic step for everything', () => {
    const tick = tickIn('Baking');

    expect(shiftTo(tick, 0).rollout.desired).toStrictEqual(ALL);
    expect(shiftTo(tick, 9).rollout.desired).toStrictEqual(ALL);
  });
});

describe('a person who wants everything at once', () => {
  const latches = { promoteFull: { actor: 'ada' } };

  it.each(['Shifting', 'Baking', 'AwaitingApproval'] as const)('gets it from %s', (phase) => {
    expect(applied(promoteFully, phase, { rollout: { latches } })).toStrictEqual(
      shifted(phase, { actor: 'ada' }, { step: 3, desired: ALL }),
    );
  });

  it('has to wait for smoke, and gets nothing twice', () => {
    expect(applied(promoteFully, 'Smoke', { rollout: { latches } })).toBeUndefined();
    expect(applied(promoteFully, 'Shifting', { rollout: { latches, step: 3 } })).toBeUndefined();
    expect(applied(promoteFully, 'Shifting')).toBeUndefined();
  });
});

describe('a bake that is over', () => {
  const OVER = { bakeUntil: NOW };
  const SURE = [verdict('errors', 'pass'), verdict('seen', 'insufficient', false), verdict('more', 'fail')];
  const TOLD = [toldVerdict('errors', 'pass'), toldVerdict('seen', 'insufficient'), toldVerdict('more', 'fail')];
  const UNSURE = [verdict('errors', 'insufficient')];

  it('goes on to the next step', () => {
    expect(applied(finishBake, 'Baking', { rollout: { ...OVER, ...UNGATED }, verdicts: SURE })).toStrictEqual(
      shifted('Baking', { evidence: TOLD }),
    );
    expect(
      applied(finishBake, 'Baking', { rollout: { ...UNGATED, bakeUntil: undefined }, verdicts: SURE }),
    ).toStrictEqual(
      // Nothing to empty: there was no end of the bake.
      {
        ...shifted('Shifting', {}, { phase: 'Shifting' }),
        happenings: shifted('Baking', { evidence: TOLD }).happenings,
      },
    );
  });

  it('asks a person where the policy says so', () => {
    const latches = { promote: { actor: 'ada' }, superseded: { by: 'heart.ro_3' } };
    const asked = (more: object) =>
      still({
        rollout: { phase: 'AwaitingApproval', phaseAt: NOW, bakeUntil: undefined, ...more },
        happenings: [
          {
            type: 'slipway.rollout.stepped',
            note: { fromPhase: 'Baking', reason: 'approval-needed', evidence: TOLD },
          },
        ],
      });

    expect(applied(finishBake, 'Baking', { rollout: OVER, verdicts: SURE })).toStrictEqual(asked({}));
    expect(applied(finishBake, 'Baking', { rollout: { latches }, verdicts: SURE })).toStrictEqual(
      asked({ latches: { superseded: { by: 'heart.ro_3' } } }),
    );
  });

  it('is one that a person ended', () => {
    const rollout = { ...UNGATED, latches: { promote: { actor: 'ada' } }, errorStreak: 2 };

    expect(applied(finishBake, 'Baking', { rollout })).toStrictEqual(
      shifted('Baking', { actor: 'ada' }, { latches: {} }),
    );
  });

  it('is none before its time, without a reading, or in another phase', () => {
    const rollout = { bakeUntil: epochMs(NOW + 1) };

    expect(applied(finishBake, 'Baking', { rollout, verdicts: UNSURE })).toStrictEqual(still());
    expect(applied(finishBake, 'Baking', { rollout: { ...OVER, errorStreak: 1 } })).toStrictEqual(still());
    expect(applied(finishBake, 'Holding')).toBeUndefined();
  });

  const extended = (extendCount: number, bakeUntil: number) =>
    still({
      rollout: { extendCount, bakeUntil },
      happenings: [
        {
          type: 'slipway.rollout.stepped',
          note: {
            reason: 'bake-extended',
            message: `too few requests to judge: extension ${extendCount} of 3`,
            evidence: [toldVerdict('errors', 'insufficient')],
          },
        },
      ],
    });

  it.each([
    ['by a whole bake from its end', 0, 0, 10],
    ['from its end also when the tick is late', 2, 4, 6],
    ['from now when it is very late', 0, 30, 0],
  ])('is extended %s', (_, extendCount, lateMin, leftMin) => {
    const rollout = { extendCount, bakeUntil: epochMs(NOW - lateMin * MINUTE) };

    expect(applied(finishBake, 'Baking', { rollout, verdicts: UNSURE })).toStrictEqual(
      // A bake that ended long ago is extended up to now: there was enough time already.
      extended(extendCount + 1, NOW + leftMin * MINUTE),
    );
  });

  it('is extended from now when nobody knows its end', () => {
    expect(applied(finishBake, 'Baking', { rollout: { bakeUntil: undefined }, verdicts: UNSURE })).toStrictEqual(
      extended(1, NOW + 10 * MINUTE),
    );
  });

  it('is extended when one of its gates cannot tell', () => {
    const verdicts = [verdict('errors', 'insufficient'), verdict('dead', 'pass')];

    expect(applied(finishBake, 'Baking', { rollout: { ...OVER, ...UNGATED }, verdicts })).toMatchObject({
      rollout: { extendCount: 1 },
    });
  });

  const onNoData = (then: 'pause' | 'promote' | 'rollback'): Situation => ({
    rollout: { ...OVER, extendCount: 3, policy: { ...UNGATED.policy, insufficientData: { maxExtend: 3, then } } },
    verdicts: UNSURE,
  });
  const message = 'too few requests to judge after every extension';

  it('pauses after every extension', () => {
    expect(applied(finishBake, 'Baking', onNoData('pause'))).toStrictEqual(
      still({
        rollout: { pause: ['inconclusive'] },
        happenings: [{ type: 'slipway.rollout.paused', note: { reason: 'inconclusive', message } }],
      }),
    );
  });

  it('goes on, or back, when the policy says so', () => {
    const evidence = [toldVerdict('errors', 'insufficient')];
    const back = wish({ 'v1-aaaa': 100 });
    const said = { reason: 'inconclusive', message, evidence };

    expect(applied(finishBake, 'Baking', onNoData('promote'))).toStrictEqual(
      shifted('Baking', { evidence }, { extendCount: 0 }),
    );
    expect(applied(finishBake, 'Baking', onNoData('rollback'))).toStrictEqual({
      rollout: {
        phase: 'RollingBack',
        phaseAt: NOW,
        desired: back,
        outcome: { phase: 'RolledBack', ...said },
        bakeUntil: undefined,
        trafficPut: { at: NOW, tries: 1 },
      },
      endpoint: { lastAppliedTraffic: back },
      effects: [{ type: 'put-traffic', ...back }],
      happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'Baking', ...said } }],
    });
  });
});
