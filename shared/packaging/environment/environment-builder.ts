import type { EnvironmentSpec } from './environment-spec.ts';
import type { EnvironmentFailure } from './failures.ts';
import type { Lock } from './lock.ts';

export const BUILDER_NAMES = ['wheels', 'acr-tasks', 'webhook', 'image'] as const;

export type BuilderName = (typeof BUILDER_NAMES)[number];

/** An image that holds the environment. */
export interface BuiltEnvironment {
  /** Reference by digest. */
  readonly image: string;
  readonly repository: string;
  readonly digest: string;
  /** Stored bytes of all layers; 0 when the builder does not tell. */
  readonly sizeBytes: number;
  /** Absent when the builder does not tell what it installed. */
  readonly lock?: Lock;
  /** Minor that the model was logged with, and the one that the image runs. */
  readonly python: { readonly wanted: string; readonly used: string };
  readonly durationMs: number;
  /** Wheels whose layer was there already. */
  readonly cacheHits?: number;
}

export type BuildOutcome =
  | ({ readonly kind: 'built' } & BuiltEnvironment)
  | {
      readonly kind: 'running';
      /** What the builder wants to see again, as JSON. It is stored, so it holds no secret. */
      readonly job: unknown;
      readonly lookAgainMs: number;
    }
  | {
      readonly kind: 'failed';
      readonly code: EnvironmentFailure;
      /** One sentence: what failed, and how to put it right. */
      readonly message: string;
      /** The last lines of the resolver or builder. */
      readonly log?: string;
    };

/** Everything about the build that is not the model's own, and so part of an environment's key. */
export interface EnvironmentBase {
  /** Image to build on, by digest, or a word for "none". */
  readonly base: string;
  /** Such as `linux-x86_64`. */
  readonly platform: string;
  /** How the builder lays the environment out; another name builds everything anew. */
  readonly template: string;
  /** What the scoring server in the image is: its version or digest. */
  readonly server: string;
}

/** One call of a builder. */
export interface BuildRequest {
  /** Key of the environment; the tag of its image. */
  readonly key: string;
  readonly spec: EnvironmentSpec;
  /** The same in every call for one build; another when it is tried anew. */
  readonly buildId: string;
  /** Whether an image that is already there under this key must not be taken: packages are to be resolved anew. */
  readonly fresh: boolean;
  /** What the last call returned with `running`; absent in the first call, and when an earlier one died. */
  readonly job?: unknown;
}

/** Builds Python environments as images, somewhere. */
export interface EnvironmentBuilder {
  readonly name: BuilderName;
  /** Whether it installs conda packages; when not, they are left out with a warning. */
  readonly conda: boolean;
  /** What images for models of this minor are built with; it goes into the key. */
  baseFor(python: string): Promise<EnvironmentBase>;
  /**
   * Starts a build or goes on with it: called again with the `job` it returned until it ends, perhaps more than once
   * with the same one. Each call ends within eight minutes. Building the same key twice must do no harm.
   *
   * @throws SlipwayError when the builder cannot be asked now: it is asked again a few times
   */
  build(request: BuildRequest): Promise<BuildOutcome>;
}
