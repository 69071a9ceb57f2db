import type { Stored, Write } from '../platform/documents.ts';
import { isSlipwayError, SlipwayError } from '../platform/errors.ts';
import { type Cause, journalWrite } from '../platform/journal.ts';
import { applyCommand, type Command, type CommandAnswer } from './apply-command.ts';
import { toEntries } from './entries.ts';
import { forceAbort } from './force-abort.ts';
import { rolloutId as newRolloutId } from './new-rollout.ts';
import { nextAttempt } from './plan-rollout.ts';
import type { RolloutPolicy } from './policy-schema.ts';
import { type Rollout, withWake } from './rollout.ts';
import { endpointOf } from './rollout-store.ts';
import type { RolloutServices } from './services.ts';
import { startRollout } from './start-rollout.ts';

const MOST_TRIES = 8;
const MOST_SEEN = 50;

/**
 * Carries out a person's command: stored with its id, so that sending it again is answered as the first time.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_STATE when the phase does not allow it; PRECONDITION_FAILED
 * when `expectRev` is over; RESOURCE_CONFLICT when the rollout keeps changing
 */
export const commandRollout = async (
  services: RolloutServices,
  rolloutId: string,
  command: Command,
  cause: Cause,
): Promise<CommandAnswer> => {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const stored = await readOrForce(services, rolloutId, command, cause);
    if ('answer' in stored) return stored.answer;
    const answer = await attempt(services, stored, command, cause);
    if (answer !== undefined) return answer;
  }
  throw new SlipwayError('RESOURCE_CONFLICT', `rollout ${rolloutId} keeps changing`, {
    details: { rollout: rolloutId },
  });
};

/** An abort must work also on a document that this release cannot read. */
const readOrForce = async (
  services: RolloutServices,
  rolloutId: string,
  command: Command,
  cause: Cause,
): Promise<Stored<Rollout> | { readonly answer: CommandAnswer }> => {
  const endpoint = endpointOf(rolloutId);
  try {
    const stored = await services.rollouts.readRollout(endpoint, rolloutId);
    if (stored !== undefined) return stored;
  } catch (error) {
    const isPoison = isSlipwayError(error) && error.code === 'INVALID_STATE';
    if (command.type !== 'abort' || !isPoison) throw error;
    return { answer: await forceAbort(services, { endpoint, rolloutId, actor: command.actor }, cause) };
  }
  throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `rollout '${rolloutId}' does not exist`, {
    details: { rollout: rolloutId },
  });
};

const attempt = async (
  services: RolloutServices,
  stored: Stored<Rollout>,
  command: Command,
  cause: Cause,
): Promise<CommandAnswer | undefined> => {
  const rollout = stored.value;
  const seen = rollout.seenCommands.find(({ id }) => id === command.commandId);
  if (seen !== undefined) {
    return { rolloutId: rollout.id, rev: seen.rev, ...(seen.started === undefined ? {} : { started: seen.started }) };
  }
  if (command.expectRev !== undefined && command.expectRev !== rollout.rev) {
    throw new SlipwayError('PRECONDITION_FAILED', `rollout ${rollout.id} is at rev ${rollout.rev} meanwhile`, {
      details: { rollout: rollout.id, rev: rollout.rev },
    });
  }
  const now = services.clock();
  const effect = applyCommand(rollout, command, now);
  if (effect.kind === 'start') return startAnother(services, stored, { command, what: effect.what }, cause);

  const next = withWake({ ...remember(rollout, command.commandId), ...effect.patch }, now);
  const entries = toEntries(next, effect.happenings, now, cause).map(journalWrite);
  const write: Write = { op: 'replace', value: next, etag: stored.etag };
  const committed = await services.rollouts.commit(rollout.endpoint, [write, ...entries]);
  return committed.ok ? { rolloutId: rollout.id, rev: next.rev } : undefined;
};

const remember = (rollout: Rollout, commandId: string, startedId?: string): Rollout => {
  const rev = rollout.rev + 1;
  const seen = { id: commandId, rev, ...(startedId === undefined ? {} : { started: startedId }) };
  return { ...rollout, rev, seenCommands: [...rollout.seenCommands, seen].slice(-MOST_SEEN) };
};

interface Another {
  readonly command: Command;
  readonly what: 'retry' | 'reverse';
}

const startAnother = async (
  services: RolloutServices,
  { value: rollout, etag }: Stored<Rollout>,
  { command, what }: Another,
  cause: Cause,
): Promise<CommandAnswer | undefined> => {
  const { endpoint } = rollout;
  const { model = rollout.model, version = rollout.version } = what === 'reverse' ? (rollout.from ?? {}) : rollout;
  const policy = what === 'reverse' ? reversed(rollout.policy) : rollout.policy;
  const attemptNumber = await nextAttempt(services, endpoint, model, version);
  const started = newRolloutId(endpoint, model, version, attemptNumber);
  // Its own next tick stays as it is, only under the new rev.
  const remembered = withWake(remember(rollout, command.commandId, started), rollout.wakeUp?.at);
  const outcome = await startRollout(
    services,
    {
      endpoint,
      model,
      version,
      attempt: attemptNumber,
      policy,
      by: 'person',
      alongside: [{ op: 'replace', value: remembered, etag }],
    },
    cause,
  );
  if (outcome.kind === 'refused') {
    throw new SlipwayError('INVALID_STATE', outcome.message, {
      details: { rollout: rollout.id, reason: outcome.reason },
    });
  }
  if (outcome.kind === 'known') return undefined;
  services.log.info({ rollout: rollout.id, started, what }, 'rollout started by command');
  return { rolloutId: rollout.id, rev: remembered.rev, started };
};

/** The way back is straight: one step to 100 %, judged by the same gates. */
export const reversed = (policy: RolloutPolicy): RolloutPolicy => ({
  ...policy,
  steps: [...policy.steps.filter(({ kind }) => kind === 'smoke'), { kind: 'traffic', weight: 100 }],
  gates: policy.gates.map((gate) => ({ ...gate, steps: 'all' })),
  approvals: [],
});
