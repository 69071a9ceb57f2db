import type { Clock } from '../../shared/platform/time.ts';
import type { QueueSettings } from './host-json.ts';
import type { Invoker } from './invoke.ts';
import type { Log } from './log.ts';
import type { Settings } from './settings.ts';

/** What a trigger that polls or waits is made of. */
export interface ListenerContext {
  readonly settings: Settings;
  readonly queues: QueueSettings;
  /** How long a dequeued message stays hidden without renewal. */
  readonly queueLeaseMs: number;
  readonly dataDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly invoker: Invoker;
}

/** A trigger of one function. Making one throws for wrong options; running it ends once `stop` is signalled and what runs has ended. */
export interface Listener {
  run(stop: AbortSignal): Promise<void>;
}
