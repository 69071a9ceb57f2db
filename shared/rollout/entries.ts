import type { EventData } from '../events/catalogue.ts';
import { subjectOf } from '../events/subjects.ts';
import { type Cause, type JournalEntry, journalEntry } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import type { Rollout, Target } from './rollout.ts';
import type { Happening, Note } from './transition.ts';

/** Id of the n-th entry of a rev: the first is the audit row `<rollout>:<rev>` itself. */
const entryId = (rollout: Rollout, index: number): string =>
  index === 0 ? `${rollout.id}:${rollout.rev}` : `${rollout.id}:${rollout.rev}:${index}`;

/** What an entry about a rollout says: its state after the change, and the note. */
const rolloutData = (rollout: Rollout, note: Note): EventData<'slipway.rollout.stepped'> => ({
  rollout: rollout.id,
  endpoint: rollout.endpoint,
  model: rollout.model,
  version: rollout.version,
  phase: rollout.phase,
  step: rollout.step,
  traffic: { ...rollout.desired.traffic },
  ...note,
});

/** Who started a rollout did not ask for each of its steps: only the first rev names him. */
const causeOf = ({ rev, cause: { actor, ...cause } }: Rollout): Cause =>
  rev > 1 || actor === undefined ? cause : { ...cause, actor };

/** The journal entries of one change, with ids that are the same when the change is made again. */
export const toEntries = (
  rollout: Rollout,
  happenings: readonly Happening[],
  at: EpochMs,
  cause = causeOf(rollout),
): readonly JournalEntry[] =>
  happenings.map((happening, index) => {
    const id = entryId(rollout, index);
    if (happening.type !== 'slipway.deployment.retired') {
      const subject = subjectOf.endpoint(rollout.endpoint);
      return journalEntry(id, { type: happening.type, subject, data: rolloutData(rollout, happening.note) }, cause, at);
    }
    const { deployment } = happening;
    const served: Partial<Target> = deployment === rollout.to.deployment ? rollout : (rollout.from ?? {});
    const data: EventData<'slipway.deployment.retired'> = {
      endpoint: rollout.endpoint,
      deployment,
      ...(served.model === undefined ? {} : { model: served.model }),
      ...(served.version === undefined ? {} : { version: served.version }),
    };
    const subject = subjectOf.deployment(rollout.endpoint, deployment);
    return journalEntry(id, { type: happening.type, subject, data }, cause, at);
  });
