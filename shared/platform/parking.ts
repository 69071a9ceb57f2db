import type { Document, Documents } from './documents.ts';
import { type ErrorCode, SlipwayError } from './errors.ts';
import { derivedId } from './ids.ts';
import type { QueueName } from './resources.ts';
import { type EpochMs, toIso } from './time.ts';

/** Where a parked delivery goes when it is replayed. */
export type DeliveryTarget =
  | { readonly kind: 'function'; readonly name: string }
  | { readonly kind: 'queue'; readonly queue: QueueName };

/** A delivery that could not succeed: kept with its reason until somebody replays it or it expires. */
export interface ParkedDelivery extends Document {
  readonly kind: 'parked';
  readonly target: DeliveryTarget;
  /** The event or message exactly as it came. */
  readonly payload: unknown;
  readonly code: ErrorCode;
  readonly message: string;
  readonly parkedAt: string;
  readonly replayedAt?: string;
}

export interface ParkingLot {
  /** Parks a delivery; the same payload for the same target on the same day is one document, with the latest reason. */
  park(delivery: { target: DeliveryTarget; payload: unknown; error: SlipwayError }, now: EpochMs): Promise<string>;
  /** @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
  get(id: string): Promise<ParkedDelivery>;
  /** Newest first. */
  list(limit: number, cursor?: string): Promise<{ items: readonly ParkedDelivery[]; next?: string }>;
  /** Says that what was parked then is on its way again; parked anew since, it stays as it is. */
  markReplayed(parked: Pick<ParkedDelivery, 'id' | 'parkedAt'>, now: EpochMs): Promise<void>;
}

/** The day is the partition and begins the id, so an id alone finds its document. */
const dayOf = (id: string): string => id.slice(0, 10);

/** Parked deliveries in the container `deliveries`. */
export const createParkingLot = (documents: Documents): ParkingLot => ({
  async park({ target, payload, error }, now) {
    const day = toIso(now).slice(0, 10);
    const id = `${day}.${derivedId('pk', JSON.stringify(target), JSON.stringify(payload) ?? '')}`;
    const parked: ParkedDelivery = {
      id,
      kind: 'parked',
      target,
      payload: payload ?? null,
      code: error.code,
      message: error.message,
      parkedAt: toIso(now),
    };
    await documents.commit(day, [{ op: 'upsert', value: parked }]);
    return id;
  },

  async get(id) {
    const found = await documents.read<ParkedDelivery>(dayOf(id), id);
    if (found?.value.kind !== 'parked') {
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no parked delivery '${id}'`);
    }
    return found.value;
  },

  async list(limit, cursor) {
    const page = await documents.query<ParkedDelivery>(undefined, {
      kind: 'parked',
      orderBy: { path: 'parkedAt', direction: 'desc' },
      limit,
      ...(cursor === undefined ? {} : { continuation: cursor }),
    });
    const items = page.items.map(({ value }) => value);
    return page.next === undefined ? { items } : { items, next: page.next };
  },

  async markReplayed({ id, parkedAt }, now) {
    const found = await documents.read<ParkedDelivery>(dayOf(id), id);
    if (found === undefined || found.value.parkedAt !== parkedAt) return;
    const value: ParkedDelivery = { ...found.value, replayedAt: toIso(now) };
    await documents.commit(dayOf(id), [{ op: 'replace', value, etag: found.etag }]);
  },
});
