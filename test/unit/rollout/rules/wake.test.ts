import { describe, expect, it } from 'vitest';
import { epochMs } from '../../../../shared/platform/time.ts';
import { activeFreeze, nextFreezeEdge } from '../../../../shared/rollout/freeze.ts';
import type { Phase, Rollout } from '../../../../shared/rollout/rollout.ts';
import { nextTickAt } from '../../../../shared/rollout/wake.ts';
import { endpointIn, HOUR, MINUTE, NOW, POLICY, rolloutIn } from '../../../support/rollout-fixtures.ts';
import type { Situation } from '../../../support/rollout-ticks.ts';
import { T0 } from '../../../support/rollout-world.ts';

const SECOND = 1_000;
const DAY = 24 * HOUR;
const TWO = { model: 'heart-classifier', version: '2' };
const entered = (agoMs: number) => ({ phaseAt: epochMs(NOW - agoMs) });

/** Milliseconds until the next tick; undefined when there is none. */
const inMs = (phase: Phase, rollout: Situation['rollout'] = {}): number | undefined => {
  const at = nextTickAt(rolloutIn(phase, rollout), endpointIn(phase), NOW);
  return at === undefined ? undefined : at - NOW;
};

describe('the next tick', () => {
  it.each<[Phase, Partial<Rollout>, number | undefined]>([
    ['Queued', {}, MINUTE],
    ['Provisioning', entered(0), SECOND],
    ['Provisioning', entered(2 * MINUTE), 12 * SECOND],
    ['Provisioning', entered(HOUR), 30 * SECOND],
    ['Provisioning', entered(15_001), 1_501],
    ['Retiring', entered(2 * MINUTE), 12 * SECOND],
    ['Retiring', entered(HOUR), 30 * SECOND],
    ['Smoke', {}, SECOND],
    ['Shifting', entered(50 * SECOND), 5 * SECOND],
    ['Shifting', entered(HOUR), 10 * SECOND],
    ['Baking', {}, MINUTE],
    ['Baking', { bakeUntil: epochMs(NOW + 20 * SECOND) }, 20 * SECOND],
    ['Baking', { bakeUntil: epochMs(NOW + 1) }, 1],
    ['Baking', { bakeUntil: NOW }, MINUTE],
    ['Baking', { bakeUntil: epochMs(NOW - 1) }, MINUTE],
    ['AwaitingApproval', {}, MINUTE],
    ['AwaitingApproval', entered(HOUR - 20 * SECOND), 20 * SECOND],
    ['AwaitingApproval', { ...entered(HOUR - 20 * SECOND), policy: { ...POLICY, approvals: [] } }, MINUTE],
    ['AwaitingApproval', entered(HOUR), MINUTE],
    ['Holding', {}, MINUTE],
    ['Holding', entered(DAY - 20 * SECOND), 20 * SECOND],
    ['RollingBack', { trafficPut: undefined }, 10 * SECOND],
    ['RollingBack', { trafficPut: { at: NOW, tries: 1 } }, 2 * SECOND],
    ['RollingBack', { trafficPut: { at: NOW, tries: 2 } }, 8 * SECOND],
    ['RollingBack', { trafficPut: { at: NOW, tries: 9 } }, 10 * SECOND],
    ['Cleanup', {}, 28 * MINUTE],
    ['Cleanup', { ...entered(0), guards: 2 }, 5 * SECOND],
    ['Cleanup', { ...entered(30 * MINUTE), guards: 0 }, SECOND],
    ['Cleanup', { ...entered(30 * MINUTE - 1_500), guards: 0 }, 1_500],
    ['Failed', { guards: 0 }, undefined],
    ['Failed', { guards: 1 }, 28 * MINUTE],
    ['Failed', { guards: 1, ...entered(HOUR) }, SECOND],
    ['Succeeded', { guards: 0 }, undefined],
    ['Succeeded', { guards: 2, ...entered(0) }, 5 * SECOND],
    ['RolledBack', { guards: 1, ...entered(0) }, 65 * SECOND],
    ['Superseded', { guards: 2, ...entered(HOUR) }, 0],
    ['Cancelled', {}, undefined],
  ])('in %s with %o is due in %s ms', (phase, rollout, ms) => {
    expect(inMs(phase, rollout)).toBe(ms);
  });

  it('of a hold comes earlier when a newer rollout waits', () => {
    const pending = { rolloutId: 'heart.ro_3', model: 'm', version: '3' };
    const rollout = rolloutIn('Holding', entered(HOUR - 20 * SECOND));

    expect(nextTickAt(rollout, { ...endpointIn('Holding'), pending }, NOW)).toBe(NOW + 20 * SECOND);
  });

  it('is a whole millisecond', () => {
    expect(nextTickAt(rolloutIn('Provisioning', entered(15_001)), endpointIn('Provisioning'), NOW)).toBe(NOW + 1_501);
  });
});

describe('the tick for the deadline', () => {
  const deadline = (inMs_: number) => ({ deadlineAt: epochMs(NOW + inMs_) });

  it.each([
    ['Baking', deadline(5 * SECOND), 5 * SECOND],
    ['Baking', deadline(0), MINUTE],
    ['Baking', deadline(-1), MINUTE],
    ['Baking', { deadlineAt: undefined }, MINUTE],
    ['Holding', deadline(5 * SECOND), MINUTE],
    ['Cleanup', deadline(5 * SECOND), 28 * MINUTE],
  ] as const)('in %s with %o is due in %d ms', (phase, rollout, ms) => {
    expect(inMs(phase, rollout)).toBe(ms);
  });
});

describe('the tick for champion', () => {
  const due = { championDue: TWO };

  it.each([
    ['Holding', { ...due, ...entered(0) }, SECOND],
    ['Holding', { ...due, ...entered(2 * MINUTE) }, 12 * SECOND],
    ['Succeeded', { ...due, guards: 0, ...entered(2 * MINUTE) }, 12 * SECOND],
    ['Succeeded', { ...due, guards: 0, ...entered(DAY) }, MINUTE],
    ['Succeeded', { ...due, guards: 0, ...entered(DAY + 1) }, undefined],
    [
      'Holding',
      { ...due, ...entered(DAY + HOUR), policy: { ...POLICY, hold: { duration: 'P9D', holdback: 0 } } },
      MINUTE,
    ],
    ['Succeeded', { guards: 0, ...entered(2 * MINUTE) }, undefined],
  ] as const)('in %s with %o is due in %s ms', (phase, rollout, ms) => {
    expect(inMs(phase, rollout)).toBe(ms);
  });
});

describe('a freeze', () => {
  const from = '2026-01-01T00:15:05Z';
  const to = '2026-01-01T01:00:00Z';
  const policy = {
    ...POLICY,
    freeze: {
      windows: [
        { name: 'past', from: '2025-01-01T00:00:00Z', to: '2025-01-02T00:00:00Z' },
        { name: 'eve', from, to },
        { name: 'later', from: '2026-01-01T02:00:00Z', to: '2026-01-01T03:00:00Z' },
      ],
    },
  };

  it.each([
    [T0 + 15 * MINUTE + 4_999, undefined, T0 + 15 * MINUTE + 5_000],
    [T0 + 15 * MINUTE + 5_000, 'eve', T0 + HOUR],
    [T0 + HOUR - 1, 'eve', T0 + HOUR],
    [T0 + HOUR, undefined, T0 + 2 * HOUR],
    [T0 + 3 * HOUR, undefined, undefined],
  ])('at %d is %s, and next begins or ends at %s', (now, name, edge) => {
    expect(activeFreeze(policy, epochMs(now))).toBe(name);
    expect(nextFreezeEdge(policy, epochMs(now))).toBe(edge);
  });

  it('wakes what it stops, and not what is over', () => {
    expect(inMs('Baking', { policy })).toBe(5 * SECOND);
    expect(inMs('Queued', { policy })).toBe(5 * SECOND);
    expect(inMs('Cleanup', { policy })).toBe(28 * MINUTE);
    expect(inMs('RolledBack', { policy, guards: 1, ...entered(0) })).toBe(65 * SECOND);
  });
});
