import type { EpochMs } from '../../shared/platform/time.ts';

export const EVENT_SCHEMAS = ['EventGridSchema', 'CloudEventSchemaV1_0'] as const;

export type EventSchema = (typeof EVENT_SCHEMAS)[number];

/** One event as JSON, in the schema its holder names. */
export type RawEvent = Readonly<Record<string, unknown>>;

/** An event that a topic has answered 200 for, with what the topic stamped on it. */
export interface AcceptedEvent {
  /** Unique and rising in the order of acceptance; an event id may be published twice. */
  readonly seq: number;
  /** Lower-case ARM id of the custom topic, or of the source of the system topic. */
  readonly topicId: string;
  readonly schema: EventSchema;
  readonly acceptedAt: EpochMs;
  readonly event: RawEvent;
}

/** The service's own words for how an attempt ended. */
export type Outcome =
  | 'Delivered'
  | 'NotFound'
  | 'Unauthorized'
  | 'Forbidden'
  | 'BadRequest'
  | 'PayloadTooLarge'
  | 'TimedOut'
  | 'Busy'
  | 'SocketError'
  | 'ResolutionError'
  | 'Aborted';

export interface AttemptResult {
  readonly outcome: Outcome;
  /** Absent when no answer came. */
  readonly status?: number;
  /** The beginning of the answer's body, or the socket error. */
  readonly detail?: string;
}

export interface Attempt extends AttemptResult {
  readonly at: EpochMs;
}

export type EndReason =
  | 'MaxDeliveryAttemptsExceeded'
  | 'TimeToLiveExceeded'
  | 'SubscriptionDeleted'
  | 'DeadLetterUnreachable'
  | 'DroppedByFault';

/**
 * One event on its way to one subscription.
 *
 * `pending` waits for `dueAt`; `dead-lettering` waits for `dueAt` to be written as a blob; the others have ended.
 */
export interface Delivery {
  readonly id: string;
  readonly seq: number;
  readonly eventId: string;
  readonly subscriptionId: string;
  readonly subscriptionName: string;
  readonly createdAt: EpochMs;
  readonly dueAt: EpochMs;
  readonly phase: 'pending' | 'dead-lettering' | 'delivered' | 'dead-lettered' | 'dropped';
  readonly reason?: EndReason;
  /** Name of the dead letter's blob. */
  readonly blobName?: string;
  readonly attempts: readonly Attempt[];
}

export const hasEnded = (delivery: Delivery): boolean =>
  delivery.phase !== 'pending' && delivery.phase !== 'dead-lettering';
