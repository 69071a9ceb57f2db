import { invalid } from '../../mlflow/invalid.ts';
import { withTag } from '../../mlflow/tags.ts';
import type { Cause } from '../../platform/journal.ts';
import { epochMs } from '../../platform/time.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import { runEntry } from '../entries.ts';
import type { Lifecycle } from '../experiments/experiment.ts';
import { runNotFound } from '../refusals.ts';
import type { TrackingServices } from '../services.ts';
import { changeRun } from './change-run.ts';
import { checkRunName } from './create-run.ts';
import { RUN_NAME_TAG, RUN_STATUSES, type RunDocument, type RunStatus } from './run.ts';

type Services = Pick<TrackingServices, 'trackingStore' | 'clock'>;

export interface RunUpdate {
  readonly runId: string;
  /** MLflow's name of it, or its number. */
  readonly status?: string | number;
  readonly endedAt?: number;
  readonly name?: string;
}

const ENDS: readonly RunStatus[] = ['FINISHED', 'FAILED', 'KILLED'];

/**
 * Changes what is said of a run. That it came to an end is journaled, once per end.
 *
 * @returns the run after it
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE for an unknown status and for a deleted run
 */
export const updateRun = (services: Services, update: RunUpdate, cause: Cause): Promise<RunDocument> => {
  const status = update.status === undefined ? undefined : parseStatus(update.status);
  const name = checkRunName(update.name ?? '');
  return changeRun(services, update.runId, (run) => {
    const hasEnded = status !== undefined && status !== run.status && ENDS.includes(status);
    const patch: Partial<RunDocument> = {
      ...(status === undefined ? {} : { status }),
      ...(update.endedAt === undefined ? {} : { endedAt: epochMs(update.endedAt) }),
      ...(name === '' ? {} : { name, tags: withTag(run.tags, { key: RUN_NAME_TAG, value: name }) }),
      ...(hasEnded ? { ends: run.ends + 1 } : {}),
    };
    if (!hasEnded) return { patch };
    return { patch, entry: (ended, experiment, at) => runEntry(ended, experiment.name, cause, at) };
  });
};

const parseStatus = (status: string | number): RunStatus => {
  const known = RUN_STATUSES.find((name, at) => name === status || at + 1 === status);
  if (known !== undefined) return known;
  throw invalid(`Invalid run status: '${status}'. Use one of ${RUN_STATUSES.join(', ')}.`);
};

/** Hides a run from searches; what it logged stays, so that it can be restored. Doing it again changes nothing. */
export const deleteRun = (services: Services, runId: string): Promise<void> => setLifecycle(services, runId, 'deleted');

/** Takes the deletion of a run back. */
export const restoreRun = (services: Services, runId: string): Promise<void> => setLifecycle(services, runId, 'active');

const setLifecycle = ({ trackingStore }: Services, runId: string, lifecycle: Lifecycle): Promise<void> =>
  untilCommitted(async () => {
    const stored = await trackingStore.readRun(runId);
    if (stored === undefined) throw runNotFound(runId);
    if (stored.value.lifecycle === lifecycle) return undefined;
    const value = { ...stored.value, lifecycle };
    const outcome = await trackingStore.commitRun(runId, [{ op: 'replace', value, etag: stored.etag }]);
    return outcome.ok ? undefined : AGAIN;
  });
