import type { Tag } from '../../mlflow/tags.ts';
import type { Document } from '../../platform/documents.ts';
import type { EpochMs } from '../../platform/time.ts';
import type { Lifecycle } from '../experiments/experiment.ts';
import type { Param } from '../logged-models/logged-model.ts';
import type { Metric } from '../metrics/metric.ts';

/** In the order of their numbers on MLflow's wire, from 1. */
export const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;

export type RunStatus = (typeof RUN_STATUSES)[number];

/** Data that a run read. */
export interface DatasetInput {
  readonly name: string;
  readonly digest: string;
  readonly sourceType: string;
  readonly source: string;
  readonly schema?: string;
  readonly profile?: string;
  /** `mlflow.data.context` says what it was for, such as `training`. */
  readonly tags: readonly Tag[];
}

/** A logged model that a run made. */
export interface ModelOutput {
  readonly modelId: string;
  readonly step: number;
}

/**
 * A run with all that is known of it but the history of its metrics. It is a partition of its own.
 *
 * Only how a run ends is journaled: what it logs is data, not state, and may be thousands of lines a minute.
 */
export interface RunDocument extends Document {
  readonly kind: 'run';
  /** 32 hex digits. */
  readonly runId: string;
  readonly experimentId: string;
  /** The same as the tag `mlflow.runName`. */
  readonly name: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly startedAt: EpochMs;
  readonly endedAt?: EpochMs;
  /** Its own; a run of a deleted experiment counts as deleted as well. */
  readonly lifecycle: Lifecycle;
  readonly artifactUri: string;
  readonly tags: readonly Tag[];
  readonly params: readonly Param[];
  /** The newest value per key. */
  readonly metrics: readonly Metric[];
  readonly datasets: readonly DatasetInput[];
  readonly modelInputs: readonly string[];
  readonly modelOutputs: readonly ModelOutput[];
  /** How often it ended: a run may be taken up again. */
  readonly ends: number;
}

/** The document's id in the run's partition. */
export const RUN = 'run';

export const RUN_NAME_TAG = 'mlflow.runName';

export const CONTEXT_TAG = 'mlflow.data.context';
