import type { EpochMs } from '../platform/time.ts';
import type { RolloutPolicy } from './policy-schema.ts';

/** Whole percent per deployment name; deployments that are absent have 0. Sums to 0 or 100. */
export type Traffic = Readonly<Record<string, number>>;

export type ProvisioningState = 'Creating' | 'Updating' | 'Scaling' | 'Deleting' | 'Succeeded' | 'Failed' | 'Canceled';

/** An endpoint as the platform reports it now. */
export interface ObservedEndpoint {
  readonly name: string;
  readonly provisioningState: ProvisioningState;
  readonly traffic: Traffic;
  readonly mirrorTraffic: Traffic;
  readonly scoringUri: string;
}

/** A deployment as the platform reports it now. */
export interface ObservedDeployment {
  readonly name: string;
  readonly provisioningState: ProvisioningState;
  /** Image reference by digest, when it was deployed from a package. */
  readonly image?: string;
  /** Registered model and version it was deployed for, from its tags. */
  readonly model?: { readonly name: string; readonly version: string };
  /** The platform's reason in one sentence, when it failed. */
  readonly error?: string;
}

/** The whole wish for one deployment; putting the same wish twice is the same as once. */
export interface DeploymentSpec {
  readonly image: string;
  readonly model: { readonly name: string; readonly version: string };
  readonly instanceType: string;
  /** 1–50. */
  readonly instanceCount: number;
  readonly environmentVariables: Readonly<Record<string, string>>;
  /** Milliseconds, ≤ 180 000. */
  readonly requestTimeoutMs: number;
  /** Whether inputs and outputs are collected for drift monitors. */
  readonly collectData: boolean;
}

export interface InvocationAnswer {
  readonly status: number;
  /** Status the model container gave, when it was not 200. */
  readonly modelStatus?: number;
  readonly latencyMs: number;
  readonly body: string;
}

/**
 * Online endpoints of the serving platform.
 *
 * All writes are idempotent PUTs of a whole wish and return once the platform has accepted them; whether they took
 * effect is only ever learned by reading back.
 *
 * Errors: RESOURCE_CONFLICT while another operation runs ("Updating"), REQUEST_LIMIT_EXCEEDED, TEMPORARILY_UNAVAILABLE
 * for timeouts and 5xx, INVALID_PARAMETER_VALUE for a refused wish.
 */
export interface Endpoints {
  getEndpoint(endpoint: string): Promise<ObservedEndpoint | undefined>;
  /** Creates the endpoint without traffic when it does not exist; leaves an existing one as it is. */
  ensureEndpoint(endpoint: string): Promise<void>;
  /** Replaces live and mirror traffic together, keeping everything else of the endpoint. */
  putTraffic(endpoint: string, traffic: Traffic, mirrorTraffic: Traffic): Promise<void>;
  getDeployment(endpoint: string, deployment: string): Promise<ObservedDeployment | undefined>;
  listDeployments(endpoint: string): Promise<readonly ObservedDeployment[]>;
  putDeployment(endpoint: string, deployment: string, spec: DeploymentSpec): Promise<void>;
  /** Starts the deletion; a deployment that is already gone is fine. */
  deleteDeployment(endpoint: string, deployment: string): Promise<void>;
  /** One scoring request. With `deployment` it is forced there whatever the traffic. A bad status is an answer, not an error. */
  invoke(
    endpoint: string,
    request: { readonly deployment?: string; readonly body: string; readonly timeoutMs: number },
  ): Promise<InvocationAnswer>;
  /** The last lines of the container's log. */
  logs(endpoint: string, deployment: string, tail: number): Promise<string>;
}

/** What one deployment did in one window. */
export interface DeploymentMetrics {
  readonly requests: number;
  /** Answers the deployment is to blame for: platform 5xx, time-outs, and model container 5xx. Caller's mistakes are none. */
  readonly errors: number;
  /** The part of `errors` that ran into the request time-out. */
  readonly timeouts: number;
  /** Milliseconds over the window; absent without requests. */
  readonly p50Ms?: number;
  readonly p95Ms?: number;
  readonly p99Ms?: number;
}

/** Request counts and latencies per deployment. */
export interface EndpointMetrics {
  /** Finest window the provider can answer, in milliseconds. */
  readonly granularityMs: number;
  /**
   * Metrics per deployment name over [from, to); deployments without requests may be absent.
   *
   * @throws SlipwayError TEMPORARILY_UNAVAILABLE when the provider cannot answer: that is no verdict on anybody
   */
  read(endpoint: string, from: EpochMs, to: EpochMs): Promise<Readonly<Record<string, DeploymentMetrics>>>;
}

/** What the rollout asks of packaging: is there an image for this version yet. */
export type PackageState =
  | { readonly phase: 'requested' }
  | { readonly phase: 'built'; readonly image: string; readonly servingInput?: string }
  | { readonly phase: 'refused'; readonly code: string; readonly message: string };

/** What a policy says about the package. Absent in rollouts that began before policies said it. */
export type PackagingWish = RolloutPolicy['packaging'] | undefined;

export interface Packages {
  /** Asks for the package of a version; asking twice is the same as once, and the first wish counts. */
  request(model: string, version: string, causedBy: string, wish: PackagingWish): Promise<void>;
  state(model: string, version: string): Promise<PackageState | undefined>;
}

/** What the rollout asks of the registry. */
export interface Champion {
  /** Points the alias `champion` at the version; idempotent. */
  setChampion(model: string, version: string, causedBy: string): Promise<void>;
}
