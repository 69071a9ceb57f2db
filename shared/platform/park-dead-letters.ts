import { text } from 'node:stream/consumers';
import type { Blobs } from './blobs.ts';
import { SlipwayError } from './errors.ts';
import type { ParkingLot } from './parking.ts';
import type { Clock } from './time.ts';

export interface ParkDeadLettersServices {
  readonly blobs: Blobs;
  readonly parkingLot: ParkingLot;
  readonly clock: Clock;
  /** The function that a subscription, named in lower case, delivers to; undefined for one that is not ours. */
  readonly functionOf: (subscription: string) => string | undefined;
}

/** As many as one sweep takes on, so that it ends within its minute. */
const AT_MOST = 200;

/**
 * Parks what Event Grid gave up on, so that it is seen and can be replayed, and returns how many events there were.
 *
 * Dead letters are blobs `<SUBSCRIPTION>/<year>/<month>/<day>/<hour>/<guid>.json`, each an array of events; a blob is
 * deleted only after all its events are parked, and parking twice is the same as once.
 *
 * @see https://learn.microsoft.com/azure/event-grid/manage-event-delivery
 */
export const parkDeadLetters = async (services: ParkDeadLettersServices): Promise<number> => {
  const { blobs, parkingLot, clock, functionOf } = services;
  let parked = 0;
  for await (const { path } of blobs.list('dead-letters', '')) {
    if (parked >= AT_MOST) break;
    const content = await blobs.read('dead-letters', path);
    if (content === undefined) continue;
    const subscription = (path.split('/')[0] ?? '').toLowerCase();
    const target = { kind: 'function', name: functionOf(subscription) ?? subscription } as const;
    for (const event of eventsOf(await text(content.stream))) {
      const error = new SlipwayError('TEMPORARILY_UNAVAILABLE', `Event Grid gave up: ${reasonOf(event)}`);
      await parkingLot.park({ target, payload: event, error }, clock());
      parked += 1;
    }
    await blobs.delete('dead-letters', path);
  }
  return parked;
};

/** What cannot be read is parked as text: thrown, it would stand in the way of every other blob for ever. */
const eventsOf = (content: string): readonly unknown[] => {
  try {
    const parsed: unknown = JSON.parse(content);
    return Array.isArray(parsed) ? parsed : [parsed];
  } catch {
    return [content];
  }
};

/** CloudEvents dead letters spell the property in lower case. */
const reasonOf = (event: unknown): string => {
  const { deadLetterReason, deadletterreason } = (event ?? {}) as Record<string, unknown>;
  return String(deadLetterReason ?? deadletterreason ?? 'no reason given');
};
