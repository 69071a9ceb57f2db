import { isBatching } from './delivery-request.ts';
import type { Fifo } from './fifo.ts';
import type { Store } from './store.ts';
import type { Delivery } from './types.ts';

/** What the service takes when a subscription names only a number of events. */
const DEFAULT_BATCH_KILOBYTES = 64;

/** The head of the queue, with what follows it while the subscription's batch has room and the attempts agree. */
export const takeBatch = (store: Store, ready: Fifo<Delivery>): readonly Delivery[] => {
  const first = ready.shift();
  if (first === undefined) return [];
  const destination = store.subscriptions.get(first.subscriptionId)?.properties.destination;
  if (destination === undefined || first.phase !== 'pending' || !isBatching(destination)) return [first];
  const { maxEventsPerBatch, preferredBatchSizeInKilobytes } = destination.properties;
  const sizeOf = ({ seq }: Delivery): number => JSON.stringify(store.events.get(seq)?.event ?? '').length;
  const batch = [first];
  let bytes = sizeOf(first);
  while (batch.length < (maxEventsPerBatch ?? 1)) {
    const next = ready.peek();
    if (next?.phase !== 'pending' || next.attempts.length !== first.attempts.length) break;
    bytes += sizeOf(next);
    if (bytes > (preferredBatchSizeInKilobytes ?? DEFAULT_BATCH_KILOBYTES) * 1024) break;
    batch.push(next);
    ready.shift();
  }
  return batch;
};
