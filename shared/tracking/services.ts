import type { Clock } from '../platform/time.ts';
import type { LoggedModelStore } from './logged-models/store.ts';
import type { TrackingStore } from './store.ts';

/** What the use cases of experiments and runs need. */
export interface TrackingServices {
  readonly trackingStore: TrackingStore;
  /** Metrics that are of a model are kept with it as well. */
  readonly loggedModels: LoggedModelStore;
  readonly clock: Clock;
}
