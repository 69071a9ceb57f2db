import { describe, expect, it } from 'vitest';
import type { Observation } from '../../../../shared/rollout/observation.ts';
import type { Traffic } from '../../../../shared/rollout/ports.ts';
import {
  enter,
  isApplied,
  pauseFor,
  release,
  rollBack,
  stay,
  toldVerdicts,
  unpause,
} from '../../../../shared/rollout/transition.ts';
import { deployment, NOW, POLICY, rolloutIn } from '../../../support/rollout-fixtures.ts';
import { still, tickIn, toldVerdict, verdict, whatChanged } from '../../../support/rollout-ticks.ts';

const BACK = { traffic: { 'v1-aaaa': 100 }, mirrorTraffic: {} };
const BLAME = { phase: 'RolledBack', reason: 'r', message: 'm' } as const;
const seenTraffic = (traffic: Traffic, mirrorTraffic: Traffic = {}): Observation => ({
  endpoint: { name: 'heart', provisioningState: 'Succeeded', traffic, mirrorTraffic, scoringUri: '' },
  canary: deployment('v2-bbbb'),
  stable: deployment('v1-aaaa'),
});

describe('a change', () => {
  it('that stays changes what it is told, and nothing else', () => {
    const tick = tickIn('Baking');
    const extras = {
      patch: { step: 2 },
      endpoint: { rev: 9 },
      effects: [{ type: 'request-package' as const }],
      happenings: [{ type: 'slipway.rollout.stepped' as const, note: {} }],
    };

    expect(stay(tick)).toStrictEqual({ rollout: tick.rollout, endpoint: tick.endpoint, effects: [], happenings: [] });
    expect(whatChanged(tick, stay(tick, extras))).toStrictEqual({
      rollout: { step: 2 },
      endpoint: { rev: 9 },
      effects: [{ type: 'request-package' }],
      happenings: [{ type: 'slipway.rollout.stepped', note: {} }],
    });
  });

  it('that enters a phase tells where it came from first', () => {
    const tick = tickIn('Baking');
    const retired = { type: 'slipway.deployment.retired' as const, deployment: 'd' };

    expect(whatChanged(tick, enter(tick, 'Smoke', {}))).toStrictEqual(
      still({
        rollout: { phase: 'Smoke', phaseAt: NOW },
        happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'Baking' } }],
      }),
    );
    expect(
      enter(
        tick,
        'Smoke',
        { type: 'slipway.rollout.failed', note: { reason: 'r' } },
        { effects: [{ type: 'request-package' }], happenings: [retired] },
      ),
    ).toMatchObject({
      effects: [{ type: 'request-package' }],
      happenings: [{ type: 'slipway.rollout.failed', note: { fromPhase: 'Baking', reason: 'r' } }, retired],
    });
  });
});

describe('a reason to pause', () => {
  it('is told once, and what else changed with it is kept', () => {
    const tick = tickIn('Baking', { rollout: { pause: ['manual'] } });

    expect(whatChanged(tick, pauseFor(tick, 'drift', 'why', { extendCount: 1 }))).toStrictEqual(
      still({
        rollout: { extendCount: 1, pause: ['manual', 'drift'] },
        happenings: [{ type: 'slipway.rollout.paused', note: { reason: 'drift', message: 'why' } }],
      }),
    );
    expect(whatChanged(tick, pauseFor(tick, 'manual', 'why', { extendCount: 1 }))).toStrictEqual(
      still({ rollout: { extendCount: 1 } }),
    );
  });

  it('is taken away alone', () => {
    const tick = tickIn('Baking', { rollout: { pause: ['manual', 'drift'] } });

    expect(whatChanged(tick, unpause(tick, 'drift'))).toStrictEqual(
      still({
        rollout: { pause: ['manual'] },
        happenings: [{ type: 'slipway.rollout.resumed', note: { reason: 'drift' } }],
      }),
    );
  });
});

describe('what was wished for', () => {
  it.each([
    [seenTraffic({ 'v1-aaaa': 100 }), true],
    [seenTraffic({ 'v1-aaaa': 99, 'v2-bbbb': 1 }), false],
    [seenTraffic({ 'v1-aaaa': 100 }, { 'v2-bbbb': 5 }), false],
    [{ ...seenTraffic({}), endpoint: undefined }, false],
  ])('is applied in %o: %s', (seen, applied) => {
    expect(isApplied({ seen }, BACK)).toBe(applied);
  });

  it('is nothing on an endpoint that is not there', () => {
    const seen = { ...seenTraffic({}), endpoint: undefined };

    expect(isApplied({ seen }, { traffic: {}, mirrorTraffic: {} })).toBe(true);
    expect(isApplied({ seen }, { traffic: {}, mirrorTraffic: { a: 1 } })).toBe(false);
  });

  it('is judged by verdicts that say no more than entries do', () => {
    expect(toldVerdicts([verdict('a', 'pass'), verdict('b', 'fail', false)])).toStrictEqual([
      toldVerdict('a', 'pass'),
      toldVerdict('b', 'fail'),
    ]);
  });
});

describe('rolling back', () => {
  it('changes everything that leads forward', () => {
    const tick = tickIn('Baking', {
      rollout: { pause: ['manual'], championDue: { model: 'm', version: '1' } },
    });

    const change = rollBack(tick, { ...BLAME, actor: 'ada', verdicts: [verdict('a', 'fail')] });

    const evidence = [toldVerdict('a', 'fail')];
    expect(whatChanged(tick, change)).toStrictEqual({
      rollout: {
        phase: 'RollingBack',
        phaseAt: NOW,
        desired: BACK,
        outcome: { ...BLAME, evidence },
        pause: [],
        bakeUntil: undefined,
        trafficPut: { at: NOW, tries: 1 },
      },
      endpoint: { lastAppliedTraffic: BACK },
      effects: [{ type: 'put-traffic', ...BACK }],
      happenings: [
        {
          type: 'slipway.rollout.stepped',
          note: { fromPhase: 'Baking', reason: 'r', message: 'm', actor: 'ada', evidence },
        },
      ],
    });
  });

  it.each([
    ['had traffic and it is back', true, { 'v1-aaaa': 100 }, 1],
    ['had none, but the platform says otherwise', false, { 'v1-aaaa': 90, 'v2-bbbb': 10 }, 1],
    ['had none', false, { 'v1-aaaa': 100 }, 0],
  ])('of one that %s (%s) writes traffic', (_, hadTraffic, traffic, writes) => {
    const tick = tickIn('Smoke', { rollout: { hadTraffic }, seen: seenTraffic(traffic) });

    expect(rollBack(tick, BLAME).effects).toHaveLength(writes);
  });

  it('takes all traffic away when nothing is stable', () => {
    const tick = tickIn('Holding', { endpoint: { stable: undefined } });

    expect(rollBack(tick, BLAME)).toMatchObject({
      rollout: { desired: { traffic: {}, mirrorTraffic: {} } },
      effects: [{ type: 'put-traffic', traffic: {} }],
    });
  });

  const TWO = { model: 'heart-classifier', version: '2' };
  const ONE = { model: 'heart-classifier', version: '1' };

  it.each([
    ['points champion back from a hold', 'Holding', { deployment: 'v1-aaaa', ...ONE }, ONE],
    ['cannot when others deployed stable', 'Holding', { deployment: 'v1-aaaa' }, undefined],
    [
      'cannot when the version of stable is unknown',
      'Holding',
      { deployment: 'v1-aaaa', model: 'heart-classifier' },
      undefined,
    ],
    ['cannot when its model is unknown', 'Holding', { deployment: 'v1-aaaa', version: '1' }, undefined],
    ['leaves champion before a hold', 'Baking', { deployment: 'v1-aaaa', ...ONE }, TWO],
  ] as const)('%s', (_, phase, stable, championDue) => {
    const tick = tickIn(phase, { rollout: { championDue: TWO }, endpoint: { stable } });

    expect(rollBack(tick, BLAME).rollout.championDue).toStrictEqual(championDue);
  });

  const mine = { ...TWO, reason: 'r', rollout: rolloutIn('Baking').id };
  const others = Array.from({ length: 60 }, (_, i) => ({ model: 'm', version: `${i}`, reason: 'x', rollout: 'y' }));
  const sameModel = { ...ONE, reason: 'x', rollout: 'y' };
  const sameVersion = { model: 'other', version: '2', reason: 'x', rollout: 'y' };

  it('blocks the version once, beside others', () => {
    const tick = tickIn('Baking', {
      endpoint: { blocked: [sameModel, { ...TWO, reason: 'before', rollout: 'z' }, sameVersion] },
    });

    expect(rollBack(tick, { ...BLAME, blocks: true }).endpoint.blocked).toStrictEqual([sameModel, sameVersion, mine]);
    expect(rollBack(tick, BLAME).endpoint.blocked).toBe(tick.endpoint.blocked);
  });

  it('blocks nothing when the policy says so', () => {
    const policy = { ...POLICY, rollback: { ...POLICY.rollback, blockVersion: false } };

    expect(rollBack(tickIn('Baking', { rollout: { policy } }), { ...BLAME, blocks: true }).endpoint.blocked).toEqual(
      [],
    );
  });

  it('forgets the oldest of many blocked versions', () => {
    const { blocked } = rollBack(tickIn('Baking', { endpoint: { blocked: others } }), {
      ...BLAME,
      blocks: true,
    }).endpoint;

    expect(blocked).toHaveLength(50);
    expect(blocked[0]?.version).toBe('11');
    expect(blocked.at(-1)).toStrictEqual(mine);
  });
});

describe('releasing the endpoint', () => {
  it('lets the next one in', () => {
    const pending = { rolloutId: 'heart.ro_3', model: 'm', version: '3' };

    expect(release(tickIn('Cleanup'))).toStrictEqual({ endpoint: { activeRolloutId: undefined }, effects: [] });
    expect(release(tickIn('Cleanup', { endpoint: { pending } }))).toStrictEqual({
      endpoint: { activeRolloutId: undefined },
      effects: [{ type: 'wake-rollout', rolloutId: 'heart.ro_3' }],
    });
  });
});
