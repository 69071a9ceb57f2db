export type LeaseOutcome<T> = { readonly held: true; readonly result: T } | { readonly held: false };

/** Mutual exclusion between workers, by name. */
export interface Leases {
  /**
   * Runs `work` while nobody else holds the name; `held: false`, without running it, when somebody does.
   *
   * The lease lasts 60 s and is not renewed: work that may take longer must stop itself, or another may run beside it.
   */
  withLease<T>(name: string, work: () => Promise<T>): Promise<LeaseOutcome<T>>;
}
