import type { Tag } from '../mlflow/tags.ts';
import type { Document } from '../platform/documents.ts';
import type { EpochMs } from '../platform/time.ts';

/** MLflow's stages, in the order its client lists them. */
export const STAGES = ['None', 'Staging', 'Production', 'Archived'] as const;

export type Stage = (typeof STAGES)[number];

export type VersionStatus = 'PENDING_REGISTRATION' | 'FAILED_REGISTRATION' | 'READY';

/** Who registered a version: a client of ours, or another registry that it is mirrored from. */
export type Origin = 'mlflow' | 'azure-ml' | 'mlflow-server';

/** What a mirrored version is on the origin server it comes from. */
export interface OriginOf {
  /** Name of the origin server here. */
  readonly server: string;
  readonly name: string;
  /** A string of digits. */
  readonly version: string;
}

export interface Alias {
  readonly alias: string;
  readonly version: number;
}

/** Reserves a name. It holds the name only while the model it points to lives and says it has that name. */
export interface NameDocument extends Document {
  readonly kind: 'model-name';
  readonly name: string;
  readonly modelId: string;
}

/** A registered model: the one truth about its name, its aliases and the numbers of its versions. */
export interface ModelDocument extends Document {
  readonly kind: 'registered-model';
  readonly modelId: string;
  readonly name: string;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  /** Renaming touches every version; their timestamps are at least this. */
  readonly renamedAt?: EpochMs;
  readonly description: string;
  readonly tags: readonly Tag[];
  readonly aliases: readonly Alias[];
  /** Highest number ever given to a version; deleting one does not give it back. */
  readonly lastVersion: number;
  /** Highest live version per stage that has any. */
  readonly latest: Readonly<Partial<Record<Stage, number>>>;
  /** Counts changes, so that every journal entry has an id of its own. */
  readonly revision: number;
}

/** What stays in the place of a deleted model: nobody can create, rename or change it any more. */
export interface DeletedModelDocument extends Document {
  readonly kind: 'deleted-model';
  readonly modelId: string;
}

/** What is stored of a version and shown of it alike. */
interface VersionFields {
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly stage: Stage;
  readonly status: VersionStatus;
  readonly statusMessage?: string;
  readonly description: string;
  /** Where the files are, as the client gave it. */
  readonly source: string;
  /** Where the files really are, when `source` refers to another version, a run or a logged model. */
  readonly location?: string;
  readonly runId: string;
  readonly runLink: string;
  readonly tags: readonly Tag[];
  readonly origin: Origin;
  /** Only of a version whose origin is `mlflow-server`. */
  readonly originOf?: OriginOf;
}

/** One version. Its model's name and aliases are not repeated here, so renaming and alias moves are one write. */
export interface VersionDocument extends Document, VersionFields {
  readonly kind: 'model-version';
  readonly modelId: string;
  readonly version: number;
  readonly loggedModelId?: string;
  readonly revision: number;
}

/** What stays of a deleted version: its number, so that it is never given again. */
export interface DeletedVersionDocument extends Document {
  readonly kind: 'deleted-version';
  readonly modelId: string;
  readonly version: number;
  /** What it mirrored, so that it is not mirrored again. */
  readonly originOf?: OriginOf;
}

/** A version as readers see it: with its model's name and the aliases that point to it. */
export interface ModelVersion extends VersionFields {
  readonly modelId: string;
  readonly name: string;
  /** A string of digits. */
  readonly version: string;
  readonly aliases: readonly string[];
}

/** A registered model as readers see it: with the highest live version of each stage that has any. */
export interface RegisteredModel {
  readonly modelId: string;
  readonly name: string;
  readonly createdAt: EpochMs;
  readonly updatedAt: EpochMs;
  readonly description: string;
  readonly tags: readonly Tag[];
  readonly aliases: readonly { readonly alias: string; readonly version: string }[];
  readonly latestVersions: readonly ModelVersion[];
}

export const MODEL_ID = 'model';

export const versionId = (version: number): string => `version:${version}`;
