import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { PHASES, type Phase } from '../../../../shared/rollout/rollout.ts';
import {
  abort,
  enforceDeadline,
  failOnBrokenCanary,
  failOnGate,
  isBeforeHolding,
  isJudged,
  pauseOnMissingStable,
  supersede,
} from '../../../../shared/rollout/rules/danger.ts';
import { deployment, NOW, POLICY, rolloutIn } from '../../../support/rollout-fixtures.ts';
import { applied, still, toldVerdict, verdict } from '../../../support/rollout-ticks.ts';

const BACK = { traffic: { 'v1-aaaa': 100 }, mirrorTraffic: {} };
const PUT_BACK = { type: 'put-traffic', ...BACK };
const BLOCKED = (reason: string) => ({
  model: 'heart-classifier',
  version: '2',
  reason,
  rollout: rolloutIn('Baking').id,
});

/** A rollback from Baking, as every rule that rolls back from there changes things. */
const backFromBaking = (
  outcome: { readonly phase?: string; readonly reason: string; readonly message: string; readonly evidence?: unknown },
  { blocks = false, actor }: { readonly blocks?: boolean; readonly actor?: string } = {},
) => {
  const { phase = 'RolledBack', ...said } = outcome;
  return {
    rollout: {
      phase: 'RollingBack',
      phaseAt: NOW,
      desired: BACK,
      outcome: { phase, ...said },
      bakeUntil: undefined,
      trafficPut: { at: NOW, tries: 1 },
    },
    endpoint: { lastAppliedTraffic: BACK, ...(blocks ? { blocked: [BLOCKED(said.reason)] } : {}) },
    effects: [PUT_BACK],
    happenings: [
      {
        type: 'slipway.rollout.stepped',
        note: { fromPhase: 'Baking', ...said, ...(actor === undefined ? {} : { actor }) },
      },
    ],
  };
};

const phasesWhere = (test: (phase: Phase) => boolean): Phase[] => PHASES.filter(test);

describe('phases', () => {
  it('are judged while the canary may have traffic and there is a way back', () => {
    expect(phasesWhere((phase) => isJudged(rolloutIn(phase)))).toEqual([
      'Shifting',
      'Baking',
      'AwaitingApproval',
      'Holding',
    ]);
    expect(phasesWhere((phase) => isJudged(rolloutIn(phase, { from: undefined })))).toEqual([]);
  });

  it('come before the hold', () => {
    expect(phasesWhere(isBeforeHolding)).toEqual(['Provisioning', 'Smoke', 'Shifting', 'Baking', 'AwaitingApproval']);
  });
});

describe('an abort', () => {
  const latches = { abort: { actor: 'ada', reason: 'aborted', message: 'aborted by ada: no' } };

  it('rolls back what is on its way, blocking nothing', () => {
    expect(applied(abort, 'Baking', { rollout: { latches } })).toStrictEqual(
      backFromBaking({ reason: 'aborted', message: 'aborted by ada: no' }, { actor: 'ada' }),
    );
    expect(applied(abort, 'Holding', { rollout: { latches } })).toMatchObject({ rollout: { phase: 'RollingBack' } });
  });

  it.each([
    ['that is next', {}, { pending: undefined }],
    ['behind which a newer one waits', { pending: { rolloutId: 'heart.ro_3', model: 'm', version: '3' } }, {}],
    ['that nobody waits for', { pending: undefined }, {}],
  ])('cancels a queued rollout %s', (_, endpoint, changed) => {
    expect(applied(abort, 'Queued', { rollout: { latches }, endpoint })).toStrictEqual({
      rollout: {
        phase: 'Cancelled',
        phaseAt: NOW,
        outcome: { phase: 'Cancelled', reason: 'aborted', message: 'aborted by ada: no' },
      },
      endpoint: changed,
      effects: [],
      happenings: [
        {
          type: 'slipway.rollout.stepped',
          note: { fromPhase: 'Queued', reason: 'aborted', message: 'aborted by ada: no', actor: 'ada' },
        },
      ],
    });
  });

  it('is nothing where nobody wants one or it is too late', () => {
    expect(applied(abort, 'Baking')).toBeUndefined();
    expect(applied(abort, 'Retiring', { rollout: { latches } })).toBeUndefined();
  });
});

describe('a newer rollout', () => {
  const latches = { superseded: { by: 'heart.ro_3' } };

  it('takes the place of one that is not promoted', () => {
    expect(applied(supersede, 'Baking', { rollout: { latches } })).toStrictEqual(
      backFromBaking({ phase: 'Superseded', reason: 'superseded', message: 'heart.ro_3 took its place' }),
    );
  });

  it('waits for one that is', () => {
    expect(applied(supersede, 'Holding', { rollout: { latches } })).toBeUndefined();
    expect(applied(supersede, 'Baking')).toBeUndefined();
  });
});

describe('a failed gate', () => {
  it('rolls back with every verdict as evidence, and blocks the version', () => {
    const verdicts = [
      verdict('dead', 'fail'),
      verdict('slow', 'pass'),
      verdict('errors', 'fail'),
      verdict('seen', 'fail', false),
    ];

    expect(applied(failOnGate, 'Baking', { verdicts })).toStrictEqual(
      backFromBaking(
        {
          reason: 'gate-failed',
          message: 'the canary is worse than allowed by dead, errors',
          evidence: [
            toldVerdict('dead', 'fail'),
            toldVerdict('slow', 'pass'),
            toldVerdict('errors', 'fail'),
            toldVerdict('seen', 'fail'),
          ],
        },
        { blocks: true },
      ),
    );
  });

  it.each([
    ['passes', [verdict('a', 'pass')]],
    ['cannot tell', [verdict('a', 'insufficient')]],
    ['is not enforced', [verdict('a', 'fail', false)]],
    ['is not there', []],
  ])('is none when it %s', (_, verdicts) => {
    expect(applied(failOnGate, 'Baking', { verdicts })).toBeUndefined();
  });
});

describe('a broken canary', () => {
  it.each([
    ['is gone', undefined, 'deployment v2-bbbb is gone'],
    ['has failed', deployment('v2-bbbb', 'Failed'), 'deployment v2-bbbb is Failed'],
    [
      'says why',
      { ...deployment('v2-bbbb', 'Failed'), error: 'ran out of memory' },
      'deployment v2-bbbb ran out of memory',
    ],
    ['was cancelled', deployment('v2-bbbb', 'Canceled'), 'deployment v2-bbbb is Canceled'],
    ['is being deleted', deployment('v2-bbbb', 'Deleting'), 'deployment v2-bbbb is Deleting'],
  ])('rolls back when it %s, and blocks the version', (_, canary, message) => {
    expect(applied(failOnBrokenCanary, 'Baking', { seen: { canary } })).toStrictEqual(
      backFromBaking({ reason: 'canary-unhealthy', message }, { blocks: true }),
    );
  });

  const GONE = { canary: undefined };
  const calm = { name: 'heart', provisioningState: 'Succeeded', mirrorTraffic: {}, scoringUri: '' } as const;
  const wish = (canary: number) => ({
    desired: { traffic: { 'v1-aaaa': 100 - canary, 'v2-bbbb': canary }, mirrorTraffic: {} },
  });

  it.each([
    ['Smoke', wish(0), 0, true],
    ['Baking', wish(10), 10, true],
    ['Baking', wish(1), 0, true],
    ['Baking', wish(0), 1, true],
    ['Baking', wish(0), 0, false],
    ['Holding', wish(100), 100, true],
    ['Retiring', wish(100), 100, false],
    ['Provisioning', wish(0), 0, false],
  ] as const)('matters in %s, wished %o, found %d: %s', (phase, rollout, found, matters) => {
    const endpoint = { ...calm, traffic: { 'v1-aaaa': 100 - found, 'v2-bbbb': found } };

    const change = applied(failOnBrokenCanary, phase, { rollout, seen: { ...GONE, endpoint } });

    expect(change !== undefined).toBe(matters);
  });

  it('does not matter while nothing is known of its traffic', () => {
    const nobody = { desired: { traffic: {}, mirrorTraffic: {} } };

    expect(
      applied(failOnBrokenCanary, 'Baking', { rollout: nobody, seen: { ...GONE, endpoint: undefined } }),
    ).toBeUndefined();
    expect(
      applied(failOnBrokenCanary, 'Baking', { rollout: nobody, seen: { ...GONE, endpoint: { ...calm, traffic: {} } } }),
    ).toBeUndefined();
  });

  it('is none while it scales', () => {
    const canary = deployment('v2-bbbb', 'Scaling');

    expect(applied(failOnBrokenCanary, 'Baking', { seen: { canary } })).toBeUndefined();
    expect(applied(failOnBrokenCanary, 'Baking')).toBeUndefined();
  });
});

describe('a stable deployment that is gone', () => {
  const seen = { stable: undefined };

  it('pauses, because there is nothing to go back to', () => {
    expect(applied(pauseOnMissingStable, 'Baking', { seen })).toStrictEqual(
      still({
        rollout: { pause: ['external-change'] },
        happenings: [
          {
            type: 'slipway.rollout.paused',
            note: { reason: 'external-change', message: 'stable deployment v1-aaaa is gone' },
          },
        ],
      }),
    );
  });

  it('is told once, and matters only before the hold', () => {
    expect(applied(pauseOnMissingStable, 'Baking')).toBeUndefined();
    expect(applied(pauseOnMissingStable, 'Baking', { seen, rollout: { from: undefined } })).toBeUndefined();
    expect(applied(pauseOnMissingStable, 'Holding', { seen })).toBeUndefined();
    expect(applied(pauseOnMissingStable, 'Baking', { seen, rollout: { pause: ['external-change'] } })).toBeUndefined();
  });
});

describe('the deadline', () => {
  const at = (after: number) => ({ deadlineAt: epochMs(NOW + after) });
  const pausing = { policy: { ...POLICY, deadline: { after: 'P1D', then: 'pause' as const } } };

  it('rolls back when it is reached', () => {
    expect(applied(enforceDeadline, 'Baking', { rollout: at(0) })).toStrictEqual(
      backFromBaking({ reason: 'deadline', message: 'not promoted within P1D' }),
    );
  });

  it('pauses when the policy says so', () => {
    expect(applied(enforceDeadline, 'Baking', { rollout: { ...at(0), ...pausing } })).toStrictEqual(
      still({
        rollout: { pause: ['deadline'] },
        happenings: [
          { type: 'slipway.rollout.paused', note: { reason: 'deadline', message: 'not promoted within P1D' } },
        ],
      }),
    );
  });

  it.each([
    ['before it', 'Baking', at(1)],
    ['without one', 'Baking', { deadlineAt: undefined }],
    ['after the promotion', 'Holding', at(0)],
    ['when it has paused already', 'Baking', { ...at(0), ...pausing, pause: ['deadline'] }],
  ] as const)('is nothing %s', (_, phase, rollout) => {
    expect(applied(enforceDeadline, phase, { rollout })).toBeUndefined();
  });
});
