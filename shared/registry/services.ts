import type { Clock } from '../platform/time.ts';
import type { RegistryStore } from './store.ts';

/** What a tracking store knows of files that sources refer to. */
export interface TrackedArtifacts {
  /** Where the files of a logged model (`m-…`) are and which run logged it; undefined when it is not known here. */
  ofLoggedModel(
    loggedModelId: string,
  ): Promise<{ readonly artifactUri: string; readonly sourceRunId?: string } | undefined>;
  /** Where a path below a run's artifacts is; undefined when the run is not known here. */
  ofRun(runId: string, path: string): Promise<string | undefined>;
  /** Notes on a logged model that a version was made of it; told again it changes nothing. */
  noteVersion(loggedModelId: string, version: { readonly name: string; readonly version: number }): Promise<void>;
}

/** Something outside the registry that relies on a version. */
export interface ModelUse {
  readonly version: string;
  readonly endpoint: string;
  readonly rollout?: string;
  /** Who uses it, as in `version 2 serves endpoint heart`. */
  readonly by: string;
  /** What ends that, as in `roll out another version there first`. */
  readonly instead: string;
}

/** Who relies on what the registry holds. */
export interface ModelUses {
  /** What uses this version; any version of the model when none is named. */
  of(model: string, version: string | undefined): Promise<readonly ModelUse[]>;
}

/** What the registry's use cases need. */
export interface RegistryServices {
  readonly registry: RegistryStore;
  readonly clock: Clock;
  /** Absent: sources that refer to runs and logged models are kept as they are. */
  readonly tracked?: TrackedArtifacts;
  /** Absent: nothing is in use. */
  readonly modelUses?: ModelUses;
}
