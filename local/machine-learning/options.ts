import type { Clock } from '../../shared/platform/time.ts';

/** What of an OCI image config says how the container is started. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[] | null | undefined;
  readonly Cmd?: readonly string[] | null | undefined;
  readonly Env?: readonly string[] | null | undefined;
  readonly WorkingDir?: string | undefined;
}

/** Paths of the Pythons that containers may run with, by minor version such as `3.11`. */
export type Interpreters = Readonly<Record<string, string>>;

/** Where images come from. */
export interface ImageSource {
  /**
   * Unpacks the image's root file system into the empty directory `intoDir` and returns its config.
   *
   * @param reference `<registry>/<repository>@sha256:<hex>`
   */
  pullImage(reference: string, intoDir: string): Promise<ImageConfig>;
}

/** Where the data collector writes. */
export interface CollectedData {
  /** Appends whole lines to the blob at `path` of the container `workspaceblobstore`. */
  append(path: string, lines: string): Promise<void>;
}

/** Publishes one event of the workspace's system topic; `type` without the `Microsoft.MachineLearningServices.` prefix. */
export type EmitEvent = (
  type: 'ModelRegistered' | 'ModelDeployed',
  subject: string,
  data: Readonly<Record<string, unknown>>,
) => void | Promise<void>;

export interface Datastore {
  readonly accountName: string;
  readonly containerName: string;
}

export interface MachineLearningOptions {
  /** ARM id, `/subscriptions/…/resourceGroups/…/providers/Microsoft.MachineLearningServices/workspaces/…`. */
  readonly workspaceId: string;
  /** Base URL without trailing slash under which the plugin's routes are reached. */
  readonly publicUrl: string;
  /** Directory of everything that outlives the process. */
  readonly dataDir: string;
  /** Bearer token that ARM and metrics routes demand. */
  readonly armToken: string;
  readonly images: ImageSource;
  readonly pythons?: Interpreters;
  readonly collected?: CollectedData;
  readonly emit?: EmitEvent;
  readonly clock?: Clock;
  /** Uniform in [0, 1); traffic is drawn with it. */
  readonly random?: () => number;
  readonly location?: string;
  /** By name; `workspaceblobstore` is the default one. */
  readonly datastores?: Readonly<Record<string, Datastore>>;
  readonly timing?: Partial<Timing>;
  /** Largest scoring request in bytes. */
  readonly maxRequestBytes?: number;
  /** Told about what happens behind the replies, for the stack's own log. */
  readonly log?: (message: string, details?: Readonly<Record<string, unknown>>) => void;
}

export interface Timing {
  /** How long an endpoint stays `Updating` before a change takes effect. */
  readonly provisioningDelayMs: number;
  /** How long a container may take to become ready before its deployment fails. */
  readonly startTimeoutMs: number;
  /** First wait before a crashed container is started again; doubles up to 16 times that. */
  readonly restartDelayMs: number;
  readonly readinessPeriodMs: number;
  /** Replaces the period of every liveness probe. */
  readonly livenessPeriodMs: number;
  readonly flushPeriodMs: number;
  /** How long a container that leaves may still finish what it has begun. */
  readonly drainTimeoutMs: number;
}

export const DEFAULT_TIMING: Timing = {
  provisioningDelayMs: 100,
  // The service's own: thirty probes, ten seconds apart. A model in Python imports for some of that.
  startTimeoutMs: 300_000,
  restartDelayMs: 500,
  readinessPeriodMs: 100,
  livenessPeriodMs: 10_000,
  flushPeriodMs: 1_000,
  drainTimeoutMs: 180_000,
};
