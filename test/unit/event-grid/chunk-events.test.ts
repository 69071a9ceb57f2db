import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkEvents } from '../../../shared/azure/event-grid/chunk-events.ts';
import type { CloudEventEnvelope } from '../../../shared/platform/publisher.ts';

const event = (id: string, bytes = 0): CloudEventEnvelope => ({
  id,
  source: '/slipway',
  type: 'slipway.model.registered',
  subject: 's',
  time: '2026-01-01T00:00:00.000Z',
  data: { text: 'x'.repeat(bytes) },
});

describe('chunks of events', () => {
  it.each([
    [0, 0, []],
    [1, 0, [1]],
    [5001, 0, [5000, 1]],
    [3, 600_000, [1, 1, 1]],
    [4, 400_000, [2, 2]],
  ])('of %i events of %i bytes have %j', (count, bytes, expected) => {
    const events = Array.from({ length: count }, (_, n) => event(String(n), bytes));

    // Short events fit 5,000 to a request only because each is below 200 bytes.
    const chunks = chunkEvents(
      bytes === 0 ? events.map((one) => ({ ...one, source: '', time: '', type: '' })) : events,
    );

    expect(chunks.map((chunk) => chunk.length)).toEqual(expected);
  });

  it('send an event too large for any request alone, for the service to refuse', () => {
    expect(chunkEvents([event('1'), event('2', 2_000_000), event('3')]).map((chunk) => chunk.length)).toEqual([
      1, 1, 1,
    ]);
  });

  it('lose nothing, keep the order, and stay below 1 MB', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400_000), { maxLength: 20 }), (sizes) => {
        const events = sizes.map((size, n) => event(String(n), size));

        const chunks = chunkEvents(events);

        expect(chunks.flat()).toEqual(events);
        for (const chunk of chunks) expect(JSON.stringify(chunk).length).toBeLessThan(1_048_576);
      }),
      { numRuns: 30 },
    );
  });
});
