import type { Clock } from '../../platform/time.ts';
import type { LoggedModelStore } from './store.ts';

/** What the use cases of logged models need. */
export interface LoggedModelServices {
  readonly loggedModels: LoggedModelStore;
  readonly clock: Clock;
}
