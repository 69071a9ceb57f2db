import type { Document } from './documents.ts';
import { ON_FAILURE, toSlipwayError } from './errors.ts';
import { delayMs, type JournalEntry, type Waking } from './journal.ts';
import type { ParkingLot } from './parking.ts';
import type { CloudEventEnvelope, EventPublisher } from './publisher.ts';
import type { Queues } from './queues.ts';
import type { Clock } from './time.ts';

export interface RelayServices {
  readonly publisher: EventPublisher;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly parkingLot: ParkingLot;
  /** CloudEvents `source` of all our events. */
  readonly eventSource: string;
}

const isEntry = (document: Document): document is JournalEntry => document.kind === 'journal';

/** A journal entry as others receive it. The id of the entry is the id of the event, so a repeat is recognised. */
const toCloudEvent = (entry: JournalEntry, source: string): CloudEventEnvelope => ({
  id: entry.id,
  source,
  type: entry.type,
  subject: entry.subject,
  time: entry.time,
  data: entry.data,
  extensionAttributes: {
    causedby: entry.causedBy,
    correlationid: entry.correlationId,
    ...(entry.actor === undefined ? {} : { actor: entry.actor }),
  },
});

/**
 * Tells the world what a batch of changed documents says: entries become events, wake-ups become delayed queue
 * messages, each also while the other cannot be sent. Running it again tells the same things under the same ids.
 *
 * @throws SlipwayError when something could not be sent; the change feed then hands the whole batch out again
 */
export const relayJournal = async (documents: readonly Document[], services: RelayServices): Promise<void> => {
  const events = documents.filter(isEntry).map((entry) => toCloudEvent(entry, services.eventSource));
  const results = await Promise.allSettled([tell(events, services), wake(documents as readonly Waking[], services)]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
};

const wake = async (documents: readonly Waking[], { queues, clock }: RelayServices): Promise<void> => {
  for (const { wakeUp } of documents) {
    if (wakeUp == null) continue;
    await queues.send(wakeUp.queue, wakeUp.message, { visibleAfterMs: delayMs(wakeUp, clock) });
  }
};

/** An event that the topic will never take is parked: thrown, it would hold up everything behind it for ever. */
const tell = async (events: readonly CloudEventEnvelope[], services: RelayServices): Promise<void> => {
  if (events.length === 0) return;
  try {
    await services.publisher.publish(events);
  } catch (cause) {
    const error = toSlipwayError(cause);
    if (ON_FAILURE[error.code] === 'retry') throw error;
    const [only] = events;
    if (only !== undefined && events.length === 1) {
      const target = { kind: 'function', name: 'relay-journal' } as const;
      await services.parkingLot.park({ target, payload: onTheWire(only), error }, services.clock());
    } else for (const event of events) await tell([event], services);
  }
};

/** As a subscriber would get it, which is also what a replay reads. */
const onTheWire = ({ extensionAttributes, ...event }: CloudEventEnvelope) => ({
  specversion: '1.0',
  ...event,
  ...extensionAttributes,
});
