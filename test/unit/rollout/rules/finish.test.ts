import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import type { RolloutPolicy } from '../../../../shared/rollout/policy-schema.ts';
import { finishHold, finishRetiring, holdEndsAt } from '../../../../shared/rollout/rules/finish.ts';
import { deployment, endpointIn, HOUR, MINUTE, NOW, POLICY, rolloutIn } from '../../../support/rollout-fixtures.ts';
import { applied, still } from '../../../support/rollout-ticks.ts';

const PENDING = { rolloutId: 'heart.ro_3', model: 'heart-classifier', version: '3' };
const holding = (hold: RolloutPolicy['hold']) => ({ policy: { ...POLICY, hold } });

describe('the hold', () => {
  it.each([
    [{ duration: 'P1D', holdback: 0 }, undefined, 24 * HOUR],
    [{ duration: 'P1D', holdback: 0 }, PENDING, HOUR],
    [{ duration: 'PT10M', holdback: 0 }, PENDING, 10 * MINUTE],
    [{ duration: 'P1D', yieldAfter: 'PT2H', holdback: 0 }, PENDING, 2 * HOUR],
    [{ duration: 'P1D', yieldAfter: 'PT2H', holdback: 0 }, undefined, 24 * HOUR],
  ] as const)('of %o with %o waiting lasts %d ms', (hold, pending, lasts) => {
    const rollout = rolloutIn('Holding', holding(hold));

    expect(holdEndsAt(rollout, { ...endpointIn('Holding'), pending }) - rollout.phaseAt).toBe(lasts);
  });

  it('is over at once when there is no version to keep hot', () => {
    const rollout = rolloutIn('Holding', { from: undefined });

    expect(holdEndsAt(rollout, endpointIn('Holding'))).toBe(rollout.phaseAt);
  });

  const OVER = { phaseAt: epochMs(NOW - 24 * HOUR) };
  const other = { model: 'other', version: '2', reason: 'aborted', rollout: 'heart.ro_0' };
  const older = { model: 'heart-classifier', version: '1', reason: 'aborted', rollout: 'heart.ro_1' };
  const same = { model: 'heart-classifier', version: '2', reason: 'aborted', rollout: 'heart.ro_2' };

  it('makes the version stable and takes it off the list of blocked ones', () => {
    const rollout = { ...OVER, latches: { superseded: { by: 'heart.ro_3' }, promote: { actor: 'ada' } } };

    expect(applied(finishHold, 'Holding', { rollout, endpoint: { blocked: [other, older, same] } })).toStrictEqual({
      rollout: { phase: 'Retiring', phaseAt: NOW, latches: { promote: { actor: 'ada' } } },
      endpoint: {
        stable: { deployment: 'v2-bbbb', model: 'heart-classifier', version: '2' },
        blocked: [other, older],
      },
      effects: [],
      happenings: [{ type: 'slipway.rollout.stepped', note: { fromPhase: 'Holding' } }],
    });
  });

  it('goes on until its end, and without a reading', () => {
    expect(applied(finishHold, 'Holding', { rollout: { phaseAt: epochMs(OVER.phaseAt + 1) } })).toStrictEqual(still());
    expect(applied(finishHold, 'Holding', { rollout: { ...OVER, errorStreak: 1 } })).toStrictEqual(still());
    expect(applied(finishHold, 'Baking', { rollout: OVER })).toBeUndefined();
  });
});

describe('retiring', () => {
  const succeeded = (retired: readonly unknown[], effects: readonly unknown[] = []) => ({
    rollout: {
      phase: 'Succeeded',
      phaseAt: NOW,
      outcome: { phase: 'Succeeded', reason: 'promoted', message: 'the version is stable' },
      guards: 2,
    },
    endpoint: { activeRolloutId: undefined },
    effects,
    happenings: [{ type: 'slipway.rollout.succeeded', note: { fromPhase: 'Retiring' } }, ...retired],
  });
  const RETIRED = [{ type: 'slipway.deployment.retired', deployment: 'v1-aaaa' }];

  it('deletes the version before, once', () => {
    expect(applied(finishRetiring, 'Retiring', { seen: { stable: deployment('v1-aaaa', 'Succeeded') } })).toStrictEqual(
      still({ effects: [{ type: 'delete-deployment', deployment: 'v1-aaaa' }] }),
    );
    expect(applied(finishRetiring, 'Retiring')).toStrictEqual(still());
  });

  it('succeeds when it is gone, and lets the next one in', () => {
    const seen = { stable: undefined };

    expect(applied(finishRetiring, 'Retiring', { seen })).toStrictEqual(succeeded(RETIRED));
    expect(applied(finishRetiring, 'Retiring', { seen, endpoint: { pending: PENDING } })).toStrictEqual(
      succeeded(RETIRED, [{ type: 'wake-rollout', rolloutId: 'heart.ro_3' }]),
    );
  });

  it('succeeds at once when nothing is to be deleted', () => {
    const keep = { policy: { ...POLICY, retire: { action: 'keep' as const } } };

    expect(applied(finishRetiring, 'Retiring', { rollout: keep })).toStrictEqual(succeeded([]));
    expect(applied(finishRetiring, 'Retiring', { rollout: { from: undefined } })).toStrictEqual(succeeded([]));
    expect(applied(finishRetiring, 'Holding')).toBeUndefined();
  });
});
