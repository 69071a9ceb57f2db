import type { CloudEventEnvelope } from '../../platform/publisher.ts';

/** Below the service's 1,048,576, since the SDK adds a few attributes to each event. */
const MAX_CHUNK_BYTES = 1_000_000;
const MAX_CHUNK_EVENTS = 5000;

/** Room for the brackets, commas and attributes the SDK writes around an event. */
const OVERHEAD_BYTES = 80;

/** The events in order, in the fewest runs that fit a request each. An event too large for any goes alone. */
export const chunkEvents = (events: readonly CloudEventEnvelope[]): readonly (readonly CloudEventEnvelope[])[] => {
  const chunks: CloudEventEnvelope[][] = [];
  let bytes = 0;
  for (const event of events) {
    const size = Buffer.byteLength(JSON.stringify(event)) + OVERHEAD_BYTES;
    const last = chunks.at(-1);
    if (last === undefined || last.length === MAX_CHUNK_EVENTS || bytes + size > MAX_CHUNK_BYTES) {
      chunks.push([event]);
      bytes = size;
    } else {
      last.push(event);
      bytes += size;
    }
  }
  return chunks;
};
