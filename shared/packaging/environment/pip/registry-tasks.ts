/** A run of a registry's tasks. */
export interface TaskRun {
  readonly runId: string;
  /** Queued, Started, Running, Succeeded, Failed, Canceled, Error or Timeout. */
  readonly status: string;
  readonly runErrorMessage?: string | null | undefined;
  readonly outputImages?: readonly { readonly repository: string; readonly digest: string }[] | null | undefined;
}

export interface DockerBuild {
  /** tar.gz with a Dockerfile at its root. */
  readonly context: Buffer;
  /** Such as `env/python:<key>`. */
  readonly imageName: string;
  readonly cpu: number;
  readonly timeoutS: number;
  readonly agentPool?: string;
}

/** Docker builds inside a container registry. */
export interface RegistryTasks {
  /**
   * Sends the context and starts the run; returns its id.
   *
   * @throws SlipwayError INVALID_STATE when the subscription may not run tasks at all
   */
  start(build: DockerBuild): Promise<string>;
  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  run(runId: string): Promise<TaskRun>;
  /** What the run printed, as far as 4 MiB from its end. */
  log(runId: string): Promise<string>;
  /** Ends a run; one that has ended stays as it is. */
  cancel(runId: string): Promise<void>;
}
