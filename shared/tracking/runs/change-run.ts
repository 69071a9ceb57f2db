import { invalid } from '../../mlflow/invalid.ts';
import type { Write } from '../../platform/documents.ts';
import { type JournalEntry, journalWrite } from '../../platform/journal.ts';
import type { EpochMs } from '../../platform/time.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import type { ExperimentDocument } from '../experiments/experiment.ts';
import { findExperiment } from '../experiments/get-experiment.ts';
import { runNotActive, runNotFound } from '../refusals.ts';
import type { TrackingServices } from '../services.ts';
import type { RunDocument } from './run.ts';

/** What a use case decided. Without `patch` the run stays as it is. */
export interface RunDecision {
  readonly patch?: Partial<RunDocument>;
  /** Further documents of the run, whose ids are of their content: writing one again changes nothing. */
  readonly data?: readonly Write[];
  /** Tells of the run as it is after the change. */
  readonly entry?: (run: RunDocument, experiment: ExperimentDocument, at: EpochMs) => JournalEntry;
}

/**
 * A batch takes 2 MB, of which a request may fill half. About 9,000 parameters or metrics of a usual length.
 */
const MAX_RUN_BYTES = 900_000;

/** @throws SlipwayError INVALID_PARAMETER_VALUE when a run has become too large to be stored */
export const checkRunSize = (run: RunDocument): void => {
  if (Buffer.byteLength(JSON.stringify(run)) <= MAX_RUN_BYTES) return;
  throw invalid(
    `Run ${run.runId} would hold more than ${MAX_RUN_BYTES} bytes of params, tags, inputs and latest metrics, which is ` +
      'all that one run can. Log what is large as an artifact, or use nested runs.',
  );
};

/**
 * Decides on an active run as it is and stores what was decided in one batch; decides anew when somebody was faster.
 *
 * @returns the run after it
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE when the run or its experiment was deleted
 */
export const changeRun = (
  services: Pick<TrackingServices, 'trackingStore' | 'clock'>,
  runId: string,
  decide: (run: RunDocument, at: EpochMs) => RunDecision,
): Promise<RunDocument> =>
  untilCommitted(async () => {
    const stored = await services.trackingStore.readRun(runId);
    if (stored === undefined) throw runNotFound(runId);
    const { value: run, etag } = stored;
    const experiment = (await findExperiment(services, run.experimentId))?.value;
    if (run.lifecycle === 'deleted' || experiment?.lifecycle !== 'active') throw runNotActive(runId);
    const at = services.clock();
    const { patch, data = [], entry } = decide(run, at);
    const writes: Write[] = [...data];
    const next: RunDocument = patch === undefined ? run : { ...run, ...patch };
    if (patch !== undefined) {
      checkRunSize(next);
      writes.push({ op: 'replace', value: next, etag });
    }
    if (entry !== undefined) writes.push(journalWrite(entry(next, experiment, at)));
    if (writes.length === 0) return run;
    const outcome = await services.trackingStore.commitRun(runId, writes);
    return outcome.ok ? next : AGAIN;
  });
