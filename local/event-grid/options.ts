import type { Clock } from '../../shared/platform/time.ts';
import type { Scheduler } from './scheduler.ts';
import type { EventSchema } from './types.ts';

export interface CustomTopic {
  readonly name: string;
  /** `/subscriptions/…/providers/Microsoft.EventGrid/topics/<name>` */
  readonly id: string;
  readonly inputSchema: EventSchema;
  /** Base64, as the portal shows them; each may sign a SAS token. */
  readonly keys: readonly string[];
}

export interface SystemTopic {
  readonly name: string;
  /** `/subscriptions/…/providers/Microsoft.EventGrid/systemTopics/<name>` */
  readonly id: string;
  /** ARM id of the resource whose events these are, such as the Azure ML workspace. */
  readonly source: string;
  readonly topicType?: string;
}

export interface FunctionsHost {
  /** Base URL, without a path. */
  readonly url: string;
  /** The system key `eventgrid_extension`. */
  readonly systemKey?: string;
}

/** Stores one dead letter. A rejection is tried again for four hours. */
export type WriteDeadLetter = (container: string, blobName: string, json: string) => Promise<void>;

export interface EventGridEmulatorOptions {
  readonly topics: readonly CustomTopic[];
  readonly systemTopics?: readonly SystemTopic[];
  /** Where subscriptions, events and deliveries are kept; memory only when absent. */
  readonly dataDir?: string;
  readonly clock?: Clock;
  readonly scheduler?: Scheduler;
  /** Factor on retry waits, time to live and dead-letter delay; 0.01 turns 10 s into 100 ms. Default 1. */
  readonly timeScale?: number;
  /** Share added to every retry wait, 0–1; called per wait. Default none. */
  readonly jitter?: () => number;
  /** Default 30,000, and not scaled: handlers take the time they take. */
  readonly deliveryTimeoutMs?: number;
  /** Requests in flight per subscription. Default 16. */
  readonly concurrency?: number;
  /** Receives what is delivered to `AzureFunction` destinations. */
  readonly functionsHost?: FunctionsHost;
  readonly writeDeadLetter?: WriteDeadLetter;
  /** Bearer token asked for on ARM routes, and accepted for publishing. Absent: ARM routes are open. */
  readonly armToken?: string;
  /** Ended deliveries, and events without a delivery under way, beyond this many are forgotten. Default 100,000. */
  readonly retained?: number;
}
