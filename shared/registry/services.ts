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
}

/** What the registry's use cases need. */
export interface RegistryServices {
  readonly registry: RegistryStore;
  readonly clock: Clock;
  /** Absent: sources that refer to runs and logged models are kept as they are. */
  readonly tracked?: TrackedArtifacts;
}
