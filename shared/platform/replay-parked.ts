import { SlipwayError } from './errors.ts';
import type { Cause } from './journal.ts';
import type { ParkedDelivery, ParkingLot } from './parking.ts';
import type { CloudEventEnvelope, EventPublisher } from './publisher.ts';
import type { Queues } from './queues.ts';
import { type Clock, toIso } from './time.ts';

export interface ReplayServices {
  readonly parkingLot: ParkingLot;
  readonly publisher: EventPublisher;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly eventSource: string;
}

/**
 * Sends a parked delivery on its way again: a queue message back into its queue, an event onto our topic under its own
 * id. What comes of it shows in the journal, or in the parking lot once more.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_STATE for a payload that is no event, so that nobody would take it
 */
export const replayParked = async (id: string, cause: Cause, services: ReplayServices): Promise<ParkedDelivery> => {
  const parked = await services.parkingLot.get(id);
  if (parked.target.kind === 'queue') await services.queues.send(parked.target.queue, parked.payload);
  else await services.publisher.publish([toEnvelope(parked, cause, services)]);
  await services.parkingLot.markReplayed(parked, services.clock());
  return services.parkingLot.get(id);
};

const toEnvelope = (parked: ParkedDelivery, cause: Cause, services: ReplayServices): CloudEventEnvelope => {
  const raw = parked.payload as Record<string, unknown> | null;
  const type = raw?.['type'] ?? raw?.['eventType'];
  if (typeof raw?.['id'] !== 'string' || typeof type !== 'string') {
    throw new SlipwayError('INVALID_STATE', `what was parked as '${parked.id}' is no event, so it cannot be replayed`);
  }
  return {
    id: raw['id'],
    type,
    source: text(raw['source'] ?? raw['topic']) ?? services.eventSource,
    subject: text(raw['subject']) ?? '',
    time: text(raw['time'] ?? raw['eventTime']) ?? toIso(services.clock()),
    data: raw['data'],
    // Without a story of its own the event began one, which goes by the event's id: see parseEnvelope.
    extensionAttributes: {
      correlationid: text(raw['correlationid']) ?? raw['id'],
      causedby: text(raw['causedby']) ?? cause.causedBy,
    },
  };
};

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
