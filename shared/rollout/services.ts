import type { Leases } from '../platform/lease.ts';
import type { Logger } from '../platform/logging.ts';
import type { Queues } from '../platform/queues.ts';
import type { Clock } from '../platform/time.ts';
import type { PolicyStore } from './policy-store.ts';
import type { Champion, EndpointMetrics, Endpoints, Packages } from './ports.ts';
import type { RolloutStore } from './rollout-store.ts';

/** Everything the rollout use cases need from outside. */
export interface RolloutServices {
  readonly rollouts: RolloutStore;
  readonly policies: PolicyStore;
  readonly endpoints: Endpoints;
  readonly metrics: EndpointMetrics;
  readonly packages: Packages;
  readonly champion: Champion;
  readonly leases: Leases;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly log: Logger;
  /** Machine size for policies that name none. */
  readonly defaultInstanceType: string;
}
