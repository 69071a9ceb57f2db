import { randomUUID } from 'node:crypto';
import type { EmulatorContext } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import { wantsEvent } from './filter-event.ts';
import type { JournalRecord } from './journal.ts';
import { isActive } from './subscription.ts';
import type { AcceptedEvent, Delivery, EventSchema, RawEvent } from './types.ts';

export interface Router {
  /** Resolves when the events and their deliveries are kept; delivering goes on by itself. */
  accept(topicId: string, schema: EventSchema, events: readonly RawEvent[]): Promise<void>;
  /** Stores new deliveries of every remembered event to every subscription that wants it now, `times` each. */
  replay(times: number): Promise<readonly Delivery[]>;
}

/** Decides which subscriptions an event goes to. */
export const createRouter = (context: EmulatorContext, dispatcher: Dispatcher): Router => {
  const { store, clock } = context;
  return {
    accept: async (topicId, schema, events) => {
      const accepted = events.map(
        (event): AcceptedEvent => ({
          seq: store.nextSeq(),
          topicId: topicId.toLowerCase(),
          schema,
          acceptedAt: clock(),
          event,
        }),
      );
      const deliveries = accepted.flatMap((one) => deliveriesOf(context, one, ''));
      const records = accepted.map((value): JournalRecord => ({ kind: 'event', value }));
      await store.write([...records, ...deliveries.map(toRecord)]);
      dispatcher.dispatch(deliveries);
    },
    replay: async (times) => {
      const label = `replay-${randomUUID()}-`;
      const deliveries = [...store.events.values()].flatMap((one) => deliveriesOf(context, one, label, times));
      await store.write(deliveries.map(toRecord));
      return deliveries;
    },
  };
};

const toRecord = (value: Delivery): JournalRecord => ({ kind: 'delivery', value });

/** A delivery per subscription that wants the event, or as many as `times` or the duplicate fault say. */
const deliveriesOf = (
  { store, clock, faults }: EmulatorContext,
  accepted: AcceptedEvent,
  label: string,
  times?: number,
): readonly Delivery[] => {
  const now = clock();
  return [...store.subscriptions.entries()]
    .filter(([, one]) => one.topicId === accepted.topicId && isActive(one, now))
    .filter(([, one]) => wantsEvent(one.properties.filter, accepted))
    .flatMap(([subscriptionId, { name }]) =>
      Array.from({ length: times ?? faults.copies(name) }, (_, copy) => ({
        id: `${accepted.seq}/${subscriptionId}/${label}${copy}`,
        seq: accepted.seq,
        eventId: String(accepted.event['id']),
        subscriptionId,
        subscriptionName: name,
        createdAt: now,
        dueAt: now,
        phase: 'pending' as const,
        attempts: [],
      })),
    );
};
