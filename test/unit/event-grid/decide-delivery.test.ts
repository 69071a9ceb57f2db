import { describe, expect, it } from 'vitest';
import { deadLetterBlobName } from '../../../local/event-grid/dead-letter.ts';
import { afterAttempt, givenUp, isExpired } from '../../../local/event-grid/decide-delivery.ts';
import type { Subscription } from '../../../local/event-grid/subscription.ts';
import { subscriptionProperties } from '../../../local/event-grid/subscription-schema.ts';
import type { Attempt, Delivery } from '../../../local/event-grid/types.ts';
import { epochMs } from '../../../shared/platform/time.ts';

const subscription = (rest: object = {}): Subscription => ({
  id: '/t/eventSubscriptions/s',
  name: 's',
  topicId: '/t',
  createdAt: epochMs(0),
  properties: subscriptionProperties.parse({
    destination: { endpointType: 'WebHook', properties: { endpointUrl: 'http://localhost' } },
    ...rest,
  }),
});

const failed: Attempt = { at: epochMs(0), outcome: 'Busy', status: 500 };

const delivery = (attempts: number): Delivery => ({
  id: 'd',
  seq: 1,
  eventId: 'e',
  subscriptionId: '/t/eventsubscriptions/s',
  subscriptionName: 's',
  createdAt: epochMs(0),
  dueAt: epochMs(0),
  phase: 'pending',
  attempts: Array.from({ length: attempts }, () => failed),
});

const EXACT = { timeScale: 1, jitter: () => 0 };

describe('a delivery after an attempt', () => {
  it('waits from the end of the attempt', () => {
    const after = afterAttempt(delivery(0), subscription(), { attempt: failed, endedAt: epochMs(30_000) }, EXACT);

    expect(after).toMatchObject({ phase: 'pending', dueAt: 40_000, attempts: [failed] });
  });

  it('waits longer by the jitter and shorter by the scale', () => {
    const timing = { timeScale: 0.1, jitter: () => 0.5 };

    const after = afterAttempt(delivery(0), subscription(), { attempt: failed, endedAt: epochMs(0) }, timing);

    expect(after.dueAt).toBe(1500);
  });

  it.each([
    [3, 1, 'pending'],
    [3, 2, 'dropped'],
    [1, 0, 'dropped'],
  ])('with %i attempts allowed and %i made before is %s', (maxDeliveryAttempts, before, phase) => {
    const allowed = subscription({ retryPolicy: { maxDeliveryAttempts } });

    expect(afterAttempt(delivery(before), allowed, { attempt: failed, endedAt: epochMs(0) }, EXACT).phase).toBe(phase);
  });
});

describe('time to live', () => {
  it.each([
    [59_999, 1, false],
    [60_000, 1, true],
    [60_000, 0, false],
  ])('at %i ms, after %i attempts, is over: %s', (now, attempts, expected) => {
    const brief = subscription({ retryPolicy: { eventTimeToLiveInMinutes: 1 } });

    expect(isExpired(delivery(attempts), brief, epochMs(now), EXACT)).toBe(expected);
  });
});

describe('giving up', () => {
  const deadLetterDestination = {
    endpointType: 'StorageBlob',
    properties: { resourceId: '/s', blobContainerName: 'dead-letters' },
  };

  it.each([
    ['drops without a dead-letter destination', {}, { phase: 'dropped' }],
    ['waits five minutes for the dead letter', { deadLetterDestination }, { phase: 'dead-lettering', dueAt: 300_000 }],
    [
      'takes the destination beside an identity',
      { deadLetterWithResourceIdentity: { identity: { type: 'SystemAssigned' }, deadLetterDestination } },
      { phase: 'dead-lettering', dueAt: 300_000 },
    ],
  ])('%s', (_name, rest, expected) => {
    const after = givenUp(delivery(1), subscription(rest), 'TimeToLiveExceeded', epochMs(0), EXACT);

    expect(after).toMatchObject({ ...expected, reason: 'TimeToLiveExceeded' });
  });

  it.each([
    [Date.UTC(2026, 0, 3, 7, 30), 'MY-SUB/2026/1/3/7/id.json'],
    [Date.UTC(2026, 10, 23, 17, 59), 'MY-SUB/2026/11/23/17/id.json'],
  ])('names the blob of %i %s', (at, expected) => {
    expect(deadLetterBlobName('my-Sub', epochMs(at), 'id')).toBe(expected);
  });
});
