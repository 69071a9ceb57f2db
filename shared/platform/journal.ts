import type { Document, Write } from './documents.ts';
import type { QueueName } from './resources.ts';
import { type Clock, type EpochMs, toIso } from './time.ts';

/** What happened, why, and to what: one line of the audit trail, and the event that others are told. */
export interface JournalEntry<Type extends string = string, Data = unknown> extends Document {
  readonly kind: 'journal';
  /** Event type of the catalogue, such as `slipway.rollout.stepped`. */
  readonly type: Type;
  /** What it happened to, such as `endpoints/heart`. */
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly data: Data;
  /** Id of the event, command or request that led to this entry. */
  readonly causedBy: string;
  /** Follows one story through every function: the id of the event that began it. */
  readonly correlationId: string;
  /** Who asked for it; absent when nobody did, or nobody was asked who he is. */
  readonly actor?: string;
}

/** Why something is being done: carried from the edge into every entry and log line. */
export interface Cause {
  readonly causedBy: string;
  readonly correlationId: string;
  /** Who asked for it. What follows by itself, such as the steps of a rollout, does not carry it on. */
  readonly actor?: string;
}

/**
 * A journal entry. `id` must be derived from what caused it, so that the same change made twice is one entry; it
 * becomes the id of the CloudEvent.
 */
export const journalEntry = <Type extends string, Data>(
  id: string,
  event: { readonly type: Type; readonly subject: string; readonly data: Data },
  cause: Cause,
  at: EpochMs,
): JournalEntry<Type, Data> => ({
  id,
  kind: 'journal',
  type: event.type,
  subject: event.subject,
  time: toIso(at),
  data: event.data,
  causedBy: cause.causedBy,
  correlationId: cause.correlationId,
  ...(cause.actor === undefined ? {} : { actor: cause.actor }),
});

/** The write that stores an entry; it belongs in the same batch as the change it tells of. */
export const journalWrite = (entry: JournalEntry): Write => ({ op: 'create', value: entry });

/** A document that wants a queue message later; the relay sends it when the document changes. */
export interface WakeUp {
  readonly queue: QueueName;
  /** When the message becomes visible. */
  readonly at: EpochMs;
  readonly message: Readonly<Record<string, string | number>>;
}

/** A document that may carry a wake-up. Absent or null: none wanted. */
export interface Waking extends Document {
  readonly wakeUp?: WakeUp | null;
}

/** How long until a wake-up is due, in milliseconds, ≥ 0. */
export const delayMs = (wakeUp: WakeUp, clock: Clock): number => Math.max(0, wakeUp.at - clock());
