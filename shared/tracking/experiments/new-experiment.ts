import type { Tag } from '../../mlflow/tags.ts';
import type { Write } from '../../platform/documents.ts';
import { type Cause, journalWrite } from '../../platform/journal.ts';
import type { EpochMs } from '../../platform/time.ts';
import { experimentEntry } from '../entries.ts';
import { EXPERIMENT, type ExperimentDocument } from './experiment.ts';

/** An experiment as it is at its beginning. */
export const newExperiment = (
  wish: {
    readonly experimentId: string;
    readonly name: string;
    readonly artifactLocation?: string;
    readonly tags: readonly Tag[];
  },
  at: EpochMs,
): ExperimentDocument => ({
  id: EXPERIMENT,
  kind: 'experiment',
  artifactLocation: `mlflow-artifacts:/${wish.experimentId}`,
  ...wish,
  lifecycle: 'active',
  createdAt: at,
  updatedAt: at,
  revision: 1,
});

/** What stores an experiment for the first time. */
export const firstWrites = (experiment: ExperimentDocument, cause: Cause): readonly Write[] => [
  { op: 'create', value: experiment },
  journalWrite(experimentEntry(experiment, 'created', cause, experiment.createdAt)),
];
