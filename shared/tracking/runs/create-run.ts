import { randomUUID } from 'node:crypto';
import { checkLength } from '../../mlflow/check-length.ts';
import { invalid } from '../../mlflow/invalid.ts';
import { type Tag, withTag } from '../../mlflow/tags.ts';
import { epochMs } from '../../platform/time.ts';
import { getActiveExperiment } from '../experiments/get-experiment.ts';
import type { TrackingServices } from '../services.ts';
import { checkRunTag } from '../validate.ts';
import { checkRunSize } from './change-run.ts';
import { RUN, RUN_NAME_TAG, type RunDocument } from './run.ts';
import { generateRunName } from './run-name.ts';

export interface NewRun {
  readonly experimentId: string;
  readonly name?: string;
  readonly userId?: string;
  /** Milliseconds since the epoch. Absent: now. */
  readonly startedAt?: number;
  readonly tags?: readonly Tag[];
}

const MAX_TEXT = 256;

/**
 * A new run, running. Every call makes one of its own, because clients give no id.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST for an unknown experiment; INVALID_PARAMETER_VALUE, also for a deleted one
 */
export const createRun = async (
  services: Pick<TrackingServices, 'trackingStore' | 'clock'>,
  wish: NewRun,
): Promise<RunDocument> => {
  const { trackingStore, clock } = services;
  const tags = (wish.tags ?? []).map((tag, at) => checkRunTag(tag, `tags[${at}].`)).reduce(withTag, []);
  const name = checkRunName(nameOf(wish.name ?? '', tags));
  const userId = checkLength('user_id', wish.userId ?? '', MAX_TEXT);
  const experiment = await getActiveExperiment(services, wish.experimentId);
  const runId = randomUUID().replaceAll('-', '');
  const run: RunDocument = {
    id: RUN,
    kind: 'run',
    runId,
    experimentId: experiment.experimentId,
    name,
    userId,
    status: 'RUNNING',
    startedAt: wish.startedAt === undefined ? clock() : epochMs(wish.startedAt),
    lifecycle: 'active',
    artifactUri: `${experiment.artifactLocation}/${runId}/artifacts`,
    tags: withTag(tags, { key: RUN_NAME_TAG, value: name }),
    params: [],
    metrics: [],
    datasets: [],
    modelInputs: [],
    modelOutputs: [],
    ends: 0,
  };
  checkRunSize(run);
  const outcome = await trackingStore.commitRun(runId, [{ op: 'create', value: run }]);
  if (!outcome.ok) throw new Error(`a random id was given before: ${runId}`);
  return run;
};

export const checkRunName = (name: string): string => checkLength('run_name', name, MAX_TEXT);

const nameOf = (name: string, tags: readonly Tag[]): string => {
  const tagged = tags.find(({ key }) => key === RUN_NAME_TAG)?.value ?? '';
  if (name !== '' && tagged !== '' && name !== tagged) {
    throw invalid(
      "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values " +
        `(run_name='${name}', mlflow.runName='${tagged}').`,
    );
  }
  return name || tagged || generateRunName();
};
