import type { Tag } from '../../mlflow/tags.ts';
import type { Document } from '../../platform/documents.ts';
import type { EpochMs } from '../../platform/time.ts';

export type Lifecycle = 'active' | 'deleted';

/** An experiment. It is a partition of its own. */
export interface ExperimentDocument extends Document {
  readonly kind: 'experiment';
  /** A string of digits. */
  readonly experimentId: string;
  readonly name: string;
  /** Where the artifacts of its runs go that are created from now on. */
  readonly artifactLocation: string;
  readonly lifecycle: Lifecycle;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly tags: readonly Tag[];
  /** Counts changes, so that every journal entry has an id of its own. */
  readonly revision: number;
}

/** In the place of an experiment that somebody began to create and lost the name of: nobody can create it any more. */
export interface AbandonedExperimentDocument extends Document {
  readonly kind: 'abandoned-experiment';
  readonly experimentId: string;
}

/** Reserves a name. It belongs to the experiment while that says so itself; a deleted experiment keeps its name. */
export interface ExperimentNameDocument extends Document {
  readonly kind: 'experiment-name';
  readonly name: string;
  readonly experimentId: string;
}

/** The document's id in the experiment's partition. */
export const EXPERIMENT = 'experiment';

/** What clients log to when they name no experiment. */
export const DEFAULT_EXPERIMENT = { experimentId: '0', name: 'Default' } as const;
