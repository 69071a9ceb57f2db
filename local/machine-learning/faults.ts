import * as z from 'zod';

export const faultsSchema = z
  .object({
    /** So many PUTs of endpoints and deployments are answered 409. */
    updatingConflicts: z.int().min(0),
    /** GET of an endpoint shows what it was so long ago. */
    readLagMs: z.int().min(0),
    /** A PUT of an endpoint is applied, and answered, so much later; also when the caller has gone. */
    putApplyDelayMs: z.int().min(0),
    /** The next deployments fail: every one, the one of this name, or so many. */
    failDeployment: z.union([z.boolean(), z.string(), z.int().min(0)]),
    /** Metrics come back empty, as while ingestion is down. */
    dropMetrics: z.boolean(),
    /** Metrics are answered with this status; 0 for none. */
    metricsError: z.union([z.literal(0), z.int().min(400).max(599)]),
  })
  .partial()
  .strict();

export type FaultSettings = z.infer<typeof faultsSchema>;

/** Misbehaviour on demand; everything is off until asked for. */
export class Faults {
  #settings: FaultSettings = {};

  get settings(): FaultSettings {
    return this.#settings;
  }

  merge(settings: FaultSettings): void {
    this.#settings = { ...this.#settings, ...settings };
  }

  clear(): void {
    this.#settings = {};
  }

  /** Whether this PUT is to be refused; counts down. */
  takeConflict(): boolean {
    const left = this.#settings.updatingConflicts ?? 0;
    if (left > 0) this.merge({ updatingConflicts: left - 1 });
    return left > 0;
  }

  /** Whether the deployment of this name is to fail; counts down when a number was set. */
  takeDeploymentFailure(name: string): boolean {
    const { failDeployment = false } = this.#settings;
    if (typeof failDeployment !== 'number') return failDeployment === true || failDeployment === name;
    if (failDeployment > 0) this.merge({ failDeployment: failDeployment - 1 });
    return failDeployment > 0;
  }
}
