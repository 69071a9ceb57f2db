import type { EventData } from '../events/catalogue.ts';
import { subjectOf } from '../events/subjects.ts';
import type { Document, Documents, Stored, Write } from '../platform/documents.ts';
import { SlipwayError } from '../platform/errors.ts';
import { derivedId, encodeId } from '../platform/ids.ts';
import { type Cause, journalEntry, journalWrite } from '../platform/journal.ts';
import type { Clock } from '../platform/time.ts';

/** How a run of another system ended. */
export interface RunOutcome extends Document {
  readonly kind: 'run-outcome';
  readonly experimentId: string;
  readonly experimentName: string;
  readonly runId: string;
  /** Lower case, as in `completed` and `failed`. */
  readonly status: string;
  /** What a model monitor's run said about a breached threshold. */
  readonly monitorBreach?: string;
  /** When the sender said so, RFC 3339: of two outcomes the later one stays. */
  readonly at: string;
}

export interface RecordRunServices {
  readonly tracking: Documents;
  readonly clock: Clock;
}

const ENDED: ReadonlyMap<string, 'slipway.run.completed' | 'slipway.run.failed'> = new Map([
  ['completed', 'slipway.run.completed'],
  ['failed', 'slipway.run.failed'],
  ['canceled', 'slipway.run.failed'],
]);

/**
 * Records how a run ended and journals it, once per run and status: Azure ML tells of a finished run by two events.
 *
 * @returns false for a status that is no end, and for one that was recorded before
 * @throws SlipwayError RESOURCE_CONFLICT when another outcome of the run was stored meanwhile: to be tried again
 */
export const recordRun = async (
  run: {
    readonly experimentId: string;
    readonly experimentName: string;
    readonly runId: string;
    readonly status: string;
    readonly monitorBreach?: string | undefined;
    readonly at: string;
  },
  cause: Cause,
  { tracking, clock }: RecordRunServices,
): Promise<boolean> => {
  const type = ENDED.get(run.status);
  if (type === undefined) return false;
  const { monitorBreach, at, ...rest } = run;
  const data = { ...rest, ...(monitorBreach === undefined ? {} : { monitorBreach }) } satisfies EventData<typeof type>;
  const partition = encodeId(run.runId);
  const entry = journalEntry(
    derivedId('run', run.runId, run.status),
    { type, subject: subjectOf.run(run.experimentId, run.runId), data },
    cause,
    clock(),
  );
  if ((await tracking.read(partition, entry.id)) !== undefined) return false;
  const outcome: RunOutcome = { id: 'outcome', kind: 'run-outcome', ...data, at };
  const writes = outcomeWrites(outcome, await tracking.read<RunOutcome>(partition, 'outcome'));
  const committed = await tracking.commit(partition, [...writes, journalWrite(entry)]);
  if (!committed.ok)
    throw new SlipwayError('RESOURCE_CONFLICT', `another outcome of run '${run.runId}' came meanwhile`);
  return true;
};

/** How a run of another system ended; undefined while nobody told. */
export const findRunOutcome = async (
  { tracking }: Pick<RecordRunServices, 'tracking'>,
  runId: string,
): Promise<RunOutcome | undefined> => (await tracking.read<RunOutcome>(encodeId(runId), 'outcome'))?.value;

/** Of two outcomes the later one stays; the same batch fails when another came between reading and writing. */
const outcomeWrites = (outcome: RunOutcome, known: Stored<RunOutcome> | undefined): readonly Write[] => {
  if (known === undefined) return [{ op: 'create', value: outcome }];
  const isLatest = Date.parse(known.value.at) <= Date.parse(outcome.at);
  return isLatest ? [{ op: 'replace', value: outcome, etag: known.etag }] : [];
};
