import type { Document } from '../../platform/documents.ts';
import type { WakeUp } from '../../platform/journal.ts';
import type { EpochMs } from '../../platform/time.ts';
import type { BuilderName, BuiltEnvironment, EnvironmentBase } from './environment-builder.ts';
import type { EnvironmentSpec } from './environment-spec.ts';
import type { EnvironmentFailure } from './failures.ts';

interface DocumentBase extends Document {
  readonly kind: 'environment';
  readonly key: string;
  readonly spec: EnvironmentSpec;
  readonly foundation: EnvironmentBase;
  readonly builder: BuilderName;
  readonly requestedAt: string;
  /** What asked for this build: the same cause asks only once. */
  readonly causedBy: string;
  readonly correlationId: string;
  /** Builds of this request that ended in a passing failure. */
  readonly failures: number;
  /** The image of before a refresh: it serves until there is another. */
  readonly previous?: BuiltRecord;
}

/** What is kept of a finished build. */
export interface BuiltRecord extends BuiltEnvironment {
  /** RFC 3339. */
  readonly builtAt: string;
  /** Equal for environments that were resolved to the same files. */
  readonly lockKey?: string;
}

export interface FailureRecord {
  readonly code: EnvironmentFailure;
  readonly message: string;
  /** Last lines of the resolver or builder. */
  readonly log?: string;
}

/** One environment, from the wish to its image or to the reason why there is none. */
export type EnvironmentDocument =
  | (DocumentBase & { readonly phase: 'requested'; readonly wakeUp: WakeUp })
  | (DocumentBase & {
      readonly phase: 'building';
      readonly wakeUp: WakeUp;
      /** Since when this build runs. */
      readonly startedAt: EpochMs;
      /** Until then a worker is asking the builder; absent while the builder goes on by itself. */
      readonly leaseUntil?: EpochMs;
      /** What the builder wants to see again. */
      readonly job?: unknown;
    })
  | (DocumentBase & {
      readonly phase: 'built';
      readonly wakeUp: null;
      readonly built: BuiltRecord;
      /** Why the last refresh gave no other image. */
      readonly refreshFailed?: FailureRecord;
    })
  | (DocumentBase & { readonly phase: 'failed'; readonly wakeUp: null; readonly failure: FailureRecord });

export type BuildingEnvironment = Extract<EnvironmentDocument, { phase: 'building' }>;

export const ENVIRONMENT_ID = 'environment';

/** Partition of one environment in the container `registry`. */
export const environmentPartition = (key: string): string => `environment:${key}`;

/** The same in every call of the builder for one build, and another for the next. */
export const buildIdOf = ({ causedBy, failures }: Pick<DocumentBase, 'causedBy' | 'failures'>): string =>
  `${causedBy}#${failures}`;

/** When to look at the build again. */
export const wakeUpAt = (key: string, at: EpochMs): WakeUp => ({ queue: 'build-environment', at, message: { key } });

/** Whether nobody has gone on with the build since. */
export const isSameTurn = (now: EnvironmentDocument, before: BuildingEnvironment): boolean =>
  now.phase === 'building' && buildIdOf(now) === buildIdOf(before) && now.leaseUntil === before.leaseUntil;
