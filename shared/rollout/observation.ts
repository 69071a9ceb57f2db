import type { SmokeAnswer, WindowMetrics } from './evidence.ts';
import type { ObservedDeployment, ObservedEndpoint, PackageState } from './ports.ts';

/** Everything one tick saw before it decided; nothing in it is remembered elsewhere. */
export interface Observation {
  /** Undefined: there is no such endpoint. */
  readonly endpoint: ObservedEndpoint | undefined;
  readonly canary: ObservedDeployment | undefined;
  readonly stable: ObservedDeployment | undefined;
  readonly packageState?: PackageState;
  /** Answers to smoke requests of this tick. */
  readonly smokeAnswers?: readonly SmokeAnswer[];
  /** Windows since the watermark, in order. */
  readonly windows?: readonly WindowMetrics[];
  /** Why the metrics could not be read. */
  readonly metricsError?: string;
  /** What stable did in the day before. */
  readonly baseline?: { readonly requests: number; readonly errors: number };
  /** The alias was pointed at `championDue`. */
  readonly championSet?: boolean;
}
