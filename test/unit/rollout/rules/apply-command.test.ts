import { describe, expect, it } from 'vitest';
import { applyCommand, type Command } from '../../../../shared/rollout/apply-command.ts';
import { PAUSE_REASONS, PHASES, type Phase, type Rollout } from '../../../../shared/rollout/rollout.ts';
import { HOUR, MINUTE, NOW, rolloutIn } from '../../../support/rollout-fixtures.ts';

const command = (type: Command['type'], more: Partial<Command> = {}): Command => ({
  commandId: 'c',
  type,
  actor: 'ada',
  ...more,
});

const commanded = (type: Command['type'], phase: Phase, patch: Partial<Rollout> = {}, more: Partial<Command> = {}) =>
  applyCommand(rolloutIn(phase, patch), command(type, more), NOW);

const changes = (patch: object, happenings: readonly object[] = []) => ({ kind: 'change', patch, happenings });
const resumed = (...reasons: string[]) =>
  reasons.map((reason) => ({ type: 'slipway.rollout.resumed', note: { reason, actor: 'ada' } }));

/** The phases that refuse a command, and the one message of all of them. */
const refusals = (type: Command['type']) => {
  const messages = new Set<string>();
  const phases = PHASES.filter((phase) => {
    try {
      commanded(type, phase);
      return false;
    } catch (error) {
      const { code, details, message } = error as { code: string; details: unknown; message: string };
      expect({ code, details }).toStrictEqual({
        code: 'INVALID_STATE',
        details: { rollout: rolloutIn(phase).id, phase },
      });
      messages.add(message.replace(` in phase ${phase}`, ''));
      return true;
    }
  });
  return { phases, messages: [...messages] };
};

const ENDED: readonly Phase[] = ['Succeeded', 'RolledBack', 'Superseded', 'Cancelled', 'Failed'];
const all = (...but: Phase[]) => PHASES.filter((phase) => !but.includes(phase));

describe('commands that come too early or too late', () => {
  it.each([
    [
      'pause',
      all('Provisioning', 'Smoke', 'Shifting', 'Baking', 'AwaitingApproval', 'Holding'),
      ['there is nothing to hold up'],
    ],
    ['resume', ENDED, ['it has ended']],
    ['abort', ['Retiring', ...ENDED], ['promoted: use rollback', 'it has ended']],
    ['approve', all('AwaitingApproval'), ['nobody is asked']],
    ['reject', all('AwaitingApproval'), ['nobody is asked']],
    ['promote', all('Baking'), ['only a bake can be cut short']],
    [
      'promote-full',
      all('Provisioning', 'Smoke', 'Shifting', 'Baking', 'AwaitingApproval'),
      ['it is not on its way up'],
    ],
    ['retry', all('Cleanup', 'RolledBack', 'Superseded', 'Cancelled', 'Failed'), ['it has not failed']],
    ['rollback', ['RolledBack', 'Superseded', 'Cancelled', 'Failed'], ['it has ended']],
  ] as const)('%s is refused in %s', (type, phases, why) => {
    expect(refusals(type)).toEqual({
      phases: [...phases],
      messages: why.map((reason) => `cannot ${type} a rollout: ${reason}`),
    });
  });

  it('abort of what is promoted says what to do instead', () => {
    for (const phase of ['Retiring', 'Succeeded'] as const) {
      expect(() => commanded('abort', phase)).toThrow('promoted: use rollback');
    }
  });

  it('rollback is refused when there was no version before', () => {
    for (const from of [undefined, { deployment: 'v1-aaaa' }]) {
      expect(() => commanded('rollback', 'Succeeded', { from })).toThrow('there was no version before it');
    }
  });
});

describe('pause', () => {
  const paused = (note: object, pause: readonly string[] = ['manual']) =>
    changes({ pause }, [{ type: 'slipway.rollout.paused', note: { reason: 'manual', actor: 'ada', ...note } }]);

  it('adds a reason, once', () => {
    expect(commanded('pause', 'Baking')).toStrictEqual(paused({}));
    expect(commanded('pause', 'Holding', { pause: ['freeze'] }, { reason: 'lunch' })).toStrictEqual(
      paused({ message: 'lunch' }, ['freeze', 'manual']),
    );
    expect(commanded('pause', 'Baking', { pause: ['manual'] })).toStrictEqual(changes({}));
  });
});

describe('resume', () => {
  it('takes away what a person can, and begins anew what had run out', () => {
    const rollout = { pause: PAUSE_REASONS, extendCount: 3 };

    expect(commanded('resume', 'Baking', rollout)).toStrictEqual(
      changes(
        {
          pause: ['freeze', 'metrics-unavailable'],
          extendCount: 0,
          bakeUntil: NOW + 10 * MINUTE,
          deadlineAt: NOW + 24 * HOUR,
          phaseAt: NOW,
          trafficPut: undefined,
          refusal: undefined,
        },
        resumed('manual', 'inconclusive', 'external-change', 'drift', 'deadline', 'approval-timeout'),
      ),
    );
  });

  it.each([
    ['manual', {}],
    ['inconclusive', { extendCount: 0, bakeUntil: NOW + 10 * MINUTE }],
    ['deadline', { deadlineAt: NOW + 24 * HOUR }],
    ['approval-timeout', { phaseAt: NOW }],
    ['external-change', { trafficPut: undefined, refusal: undefined }],
    ['drift', {}],
  ] as const)('of %s begins only that anew', (reason, patch) => {
    expect(commanded('resume', 'Baking', { pause: [reason] })).toStrictEqual(
      changes({ pause: [], ...patch }, resumed(reason)),
    );
  });

  it.each([0, 3, 9])('bakes no longer where step %d says nothing of a bake', (step) => {
    expect(commanded('resume', 'Baking', { pause: ['inconclusive'], step })).toStrictEqual(
      changes({ pause: [], extendCount: 0, bakeUntil: NOW }, resumed('inconclusive')),
    );
  });
});

describe('abort', () => {
  const aborted = (message: string, before: object = {}) =>
    changes({ latches: { ...before, abort: { actor: 'ada', reason: 'aborted', message } } });

  it('leaves a wish with its reason', () => {
    expect(commanded('abort', 'Baking')).toStrictEqual(aborted('aborted by ada'));
    expect(commanded('rollback', 'Holding', {}, { reason: 'odd' })).toStrictEqual(aborted('aborted by ada: odd'));
    expect(commanded('abort', 'Baking', { latches: { promote: { actor: 'eve' } } })).toStrictEqual(
      aborted('aborted by ada', { promote: { actor: 'eve' } }),
    );
  });

  it('is nothing on the way back already, or the second time', () => {
    const abort = { actor: 'eve', reason: 'aborted', message: 'aborted by eve' };

    expect(commanded('abort', 'RollingBack')).toStrictEqual(changes({}));
    expect(commanded('abort', 'Cleanup')).toStrictEqual(changes({}));
    expect(commanded('abort', 'Baking', { latches: { abort } })).toStrictEqual(changes({}));
  });
});

describe('wishes', () => {
  it.each([
    ['approve', 'AwaitingApproval', { approval: { actor: 'ada', approved: true } }],
    ['reject', 'AwaitingApproval', { approval: { actor: 'ada', approved: false } }],
    ['promote', 'Baking', { promote: { actor: 'ada' } }],
    ['promote-full', 'Shifting', { promoteFull: { actor: 'ada' } }],
  ] as const)('%s in %s are kept beside others, and resume', (type, phase, latch) => {
    const superseded = { by: 'heart.ro_3' };

    expect(commanded(type, phase)).toStrictEqual(changes({ pause: [], latches: latch }));
    expect(commanded(type, phase, { pause: ['manual', 'freeze'], latches: { superseded } })).toStrictEqual(
      changes({ pause: ['freeze'], latches: { superseded, ...latch } }, resumed('manual')),
    );
  });
});

describe('commands that start another rollout', () => {
  it.each([
    ['retry', 'Cleanup', 'retry'],
    ['retry', 'Failed', 'retry'],
    ['rollback', 'Succeeded', 'reverse'],
    ['rollback', 'Retiring', 'reverse'],
  ] as const)('%s in %s', (type, phase, what) => {
    expect(commanded(type, phase)).toStrictEqual({ kind: 'start', what });
  });
});
