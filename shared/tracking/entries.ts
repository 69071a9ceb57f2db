import type { EventData } from '../events/catalogue.ts';
import { subjectOf } from '../events/subjects.ts';
import { derivedId } from '../platform/ids.ts';
import { type Cause, type JournalEntry, journalEntry } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import type { ExperimentDocument } from './experiments/experiment.ts';
import type { RunDocument } from './runs/run.ts';

/** The journal entry of a change of an experiment, as it is after it. */
export const experimentEntry = (
  { experimentId, name, revision }: ExperimentDocument,
  change: EventData<'slipway.experiment.changed'>['change'],
  cause: Cause,
  at: EpochMs,
): JournalEntry => {
  const data: EventData<'slipway.experiment.changed'> = { experimentId, name, change };
  const id = derivedId('je', 'experiment', experimentId, revision);
  const subject = subjectOf.experiment(experimentId);
  return journalEntry(id, { type: 'slipway.experiment.changed', subject, data }, cause, at);
};

/** The journal entry that says once how a run ended. */
export const runEntry = (run: RunDocument, experimentName: string, cause: Cause, at: EpochMs): JournalEntry => {
  const { experimentId, runId, status, ends } = run;
  const type = status === 'FINISHED' ? 'slipway.run.completed' : 'slipway.run.failed';
  const data: EventData<typeof type> = { experimentId, experimentName, runId, status: status.toLowerCase() };
  const id = derivedId('run', runId, status, ends);
  return journalEntry(id, { type, subject: subjectOf.run(experimentId, runId), data }, cause, at);
};
