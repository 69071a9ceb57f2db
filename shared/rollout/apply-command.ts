import { SlipwayError } from '../platform/errors.ts';
import { addMs, durationMs, type EpochMs } from '../platform/time.ts';
import { isTerminal, type PauseReason, type Phase, type Rollout } from './rollout.ts';
import { isBeforeHolding } from './rules/danger.ts';
import type { Happening } from './transition.ts';

export const COMMAND_TYPES = [
  'pause',
  'resume',
  'abort',
  'approve',
  'reject',
  'promote',
  'promote-full',
  'retry',
  'rollback',
] as const;

export type CommandType = (typeof COMMAND_TYPES)[number];

export interface Command {
  /** Chosen by the caller: the same id again is answered as the first time. */
  readonly commandId: string;
  readonly type: CommandType;
  readonly actor: string;
  readonly reason?: string;
  /** Refuses the command when the rollout has moved on from what the caller saw. */
  readonly expectRev?: number;
}

export interface CommandAnswer {
  /** The rollout that was commanded. */
  readonly rolloutId: string;
  readonly rev: number;
  /** The rollout that the command started. */
  readonly started?: string;
}

/** `start`: another rollout has to begin, with the same version again or with the one before. */
export type CommandEffect =
  | { readonly kind: 'change'; readonly patch: Partial<Rollout>; readonly happenings: readonly Happening[] }
  | { readonly kind: 'start'; readonly what: 'retry' | 'reverse' };

/** Reasons that a person takes away by saying "go on"; the others end by themselves. */
const PERSONAL: readonly PauseReason[] = [
  'manual',
  'inconclusive',
  'external-change',
  'drift',
  'deadline',
  'approval-timeout',
];

const refuse = (rollout: Rollout, { type }: Command, why: string): SlipwayError =>
  new SlipwayError('INVALID_STATE', `cannot ${type} a rollout in phase ${rollout.phase}: ${why}`, {
    details: { rollout: rollout.id, phase: rollout.phase },
  });

const NOTHING: CommandEffect = { kind: 'change', patch: {}, happenings: [] };
const WAY_BACK: readonly Phase[] = ['RollingBack', 'Cleanup', 'RolledBack', 'Superseded', 'Cancelled', 'Failed'];

/**
 * What a command does to a rollout. It only leaves a wish: the next tick acts on it, in the order of its rules.
 *
 * @throws SlipwayError INVALID_STATE when the phase does not allow it
 */
export const applyCommand = (rollout: Rollout, command: Command, now: EpochMs): CommandEffect => {
  const { phase } = rollout;
  const { actor } = command;
  switch (command.type) {
    case 'pause':
      return pause(rollout, command);
    case 'resume':
      if (isTerminal(phase)) throw refuse(rollout, command, 'it has ended');
      return { kind: 'change', patch: goOn(rollout, now), happenings: resumed(rollout, actor) };
    case 'abort':
      return abort(rollout, command);
    case 'approve':
    case 'reject':
      if (phase !== 'AwaitingApproval') throw refuse(rollout, command, 'nobody is asked');
      return latch(rollout, { approval: { actor, approved: command.type === 'approve' } }, command, now);
    case 'promote':
      if (phase !== 'Baking') throw refuse(rollout, command, 'only a bake can be cut short');
      return latch(rollout, { promote: { actor } }, command, now);
    case 'promote-full':
      if (!isBeforeHolding(phase)) throw refuse(rollout, command, 'it is not on its way up');
      return latch(rollout, { promoteFull: { actor } }, command, now);
    case 'retry':
      if (!WAY_BACK.includes(phase) || phase === 'RollingBack') throw refuse(rollout, command, 'it has not failed');
      return { kind: 'start', what: 'retry' };
    case 'rollback':
      if (phase !== 'Succeeded' && phase !== 'Retiring') return abort(rollout, command);
      if (rollout.from?.version === undefined) throw refuse(rollout, command, 'there was no version before it');
      return { kind: 'start', what: 'reverse' };
  }
};

const latch = (rollout: Rollout, latches: Rollout['latches'], command: Command, now: EpochMs): CommandEffect => ({
  kind: 'change',
  patch: { ...goOn(rollout, now), latches: { ...rollout.latches, ...latches } },
  happenings: resumed(rollout, command.actor),
});

const pause = (rollout: Rollout, command: Command): CommandEffect => {
  const pausable = isBeforeHolding(rollout.phase) || rollout.phase === 'Holding';
  if (!pausable) throw refuse(rollout, command, 'there is nothing to hold up');
  if (rollout.pause.includes('manual')) return NOTHING;
  const { actor, reason: message } = command;
  const note = { reason: 'manual', actor, ...(message === undefined ? {} : { message }) };
  return {
    kind: 'change',
    patch: { pause: [...rollout.pause, 'manual'] },
    happenings: [{ type: 'slipway.rollout.paused', note }],
  };
};

const abort = (rollout: Rollout, command: Command): CommandEffect => {
  const { phase } = rollout;
  if (phase === 'Succeeded' || phase === 'Retiring') throw refuse(rollout, command, 'promoted: use rollback');
  if (isTerminal(phase)) throw refuse(rollout, command, 'it has ended');
  if (WAY_BACK.includes(phase) || rollout.latches.abort !== undefined) return NOTHING;
  const said = command.reason === undefined ? '' : `: ${command.reason}`;
  const message = `aborted by ${command.actor}${said}`;
  return {
    kind: 'change',
    patch: { latches: { ...rollout.latches, abort: { actor: command.actor, reason: 'aborted', message } } },
    happenings: [],
  };
};

/** Going on after a pause begins what had run out anew: the bake, the deadline, the tries to write traffic. */
const goOn = (rollout: Rollout, now: EpochMs): Partial<Rollout> => {
  const { pause: reasons, policy } = rollout;
  const step = policy.steps[rollout.step];
  const bakeMs = step?.kind === 'traffic' && step.bake !== undefined ? durationMs(step.bake) : 0;
  return {
    pause: reasons.filter((reason) => !PERSONAL.includes(reason)),
    ...(reasons.includes('inconclusive') ? { extendCount: 0, bakeUntil: addMs(now, bakeMs) } : {}),
    ...(reasons.includes('deadline') ? { deadlineAt: addMs(now, durationMs(policy.deadline.after)) } : {}),
    ...(reasons.includes('approval-timeout') ? { phaseAt: now } : {}),
    ...(reasons.includes('external-change') ? { trafficPut: undefined, refusal: undefined } : {}),
  };
};

const resumed = (rollout: Rollout, actor: string): readonly Happening[] =>
  rollout.pause
    .filter((reason) => PERSONAL.includes(reason))
    .map((reason) => ({ type: 'slipway.rollout.resumed', note: { reason, actor } }));
