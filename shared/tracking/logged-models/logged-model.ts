import type { Tag } from '../../mlflow/tags.ts';
import type { Document } from '../../platform/documents.ts';
import type { EpochMs } from '../../platform/time.ts';

/** In the order of their numbers on MLflow's wire. */
export const LOGGED_MODEL_STATUSES = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const;

export type LoggedModelStatus = (typeof LOGGED_MODEL_STATUSES)[number];

export interface Param {
  readonly key: string;
  readonly value: string;
}

/** A number as JSON can hold it. */
export type StoredNumber = number | 'NaN' | 'Infinity' | '-Infinity';

/** The newest value of a metric that one run logged for a model, on one dataset or on none. */
export interface ModelMetric {
  readonly key: string;
  readonly value: StoredNumber;
  readonly timestamp: EpochMs;
  readonly step: number;
  readonly runId: string;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
}

/** A model as it was logged: its files, and what is known of how it came about. It is a partition of its own. */
export interface LoggedModelDocument extends Document {
  readonly kind: 'logged-model';
  /** `m-` and 32 hex digits. */
  readonly modelId: string;
  readonly experimentId: string;
  readonly name: string;
  /** What the client calls it, such as `agent`; mostly empty. */
  readonly modelType: string;
  /** Empty when no run logged it. */
  readonly sourceRunId: string;
  readonly artifactUri: string;
  readonly status: LoggedModelStatus;
  readonly lifecycle: 'active' | 'deleted';
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly tags: readonly Tag[];
  readonly params: readonly Param[];
  readonly metrics: readonly ModelMetric[];
}

export const storedNumber = (value: number): StoredNumber =>
  Number.isFinite(value) ? value : (String(value) as Exclude<StoredNumber, number>);
