import { describe, expect, it } from 'vitest';
import type { Blobs } from '../../../shared/platform/blobs.ts';
import { parkDeadLetters } from '../../../shared/platform/park-dead-letters.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { createMemoryBlobs } from '../../support/registry/memory-blobs.ts';

const NOW = epochMs(1_767_225_600_000);

const setUp = () => {
  const blobs = createMemoryBlobs();
  const parkingLot = createParkingLot(createMemoryDocuments());
  const functionOf = (subscription: string) =>
    subscription === 'machine-learning-model-registered' ? 'model-registered' : undefined;
  const services = { blobs, parkingLot, clock: () => NOW, functionOf };
  const write = (name: string, content: unknown, subscription = 'MACHINE-LEARNING-MODEL-REGISTERED') =>
    blobs.write(
      'dead-letters',
      `${subscription}/2026/1/1/0/${name}.json`,
      typeof content === 'string' ? content : JSON.stringify(content),
    );
  const parked = async () => (await parkingLot.list(100)).items;
  const paths = async (): Promise<readonly string[]> => {
    const found: string[] = [];
    for await (const { path } of blobs.list('dead-letters', '')) found.push(path);
    return found;
  };
  return { services, blobs, write, parked, paths };
};

const event = (id: string, more = {}) => ({
  id,
  eventType: 'Microsoft.MachineLearningServices.ModelRegistered',
  deadLetterReason: 'MaxDeliveryAttemptsExceeded',
  ...more,
});

describe('parkDeadLetters', () => {
  it('parks every event of an array for the function of the subscription, with the reason', async () => {
    const { services, write, parked, paths } = setUp();
    await write('a', [event('1'), event('2')]);

    expect(await parkDeadLetters(services)).toBe(2);
    expect(await parked()).toMatchObject([
      {
        target: { kind: 'function', name: 'model-registered' },
        payload: event('1'),
        code: 'TEMPORARILY_UNAVAILABLE',
        message: 'Event Grid gave up: MaxDeliveryAttemptsExceeded',
      },
      { target: { kind: 'function', name: 'model-registered' }, payload: event('2') },
    ]);
    expect(await paths()).toEqual([]);
  });

  it.each([
    ['a single event', event('1'), 'Event Grid gave up: MaxDeliveryAttemptsExceeded'],
    [
      'a CloudEvent, whose reason is in lower case',
      { specversion: '1.0', id: '1', deadletterreason: 'TimeToLiveExceeded' },
      'Event Grid gave up: TimeToLiveExceeded',
    ],
    ['an event without a reason', { id: '1' }, 'Event Grid gave up: no reason given'],
    ['null', null, 'Event Grid gave up: no reason given'],
  ])('parks %s', async (_, content, message) => {
    const { services, write, parked } = setUp();
    await write('a', content);

    expect(await parkDeadLetters(services)).toBe(1);
    expect(await parked()).toMatchObject([{ message }]);
  });

  it('parks what is no JSON as it is, so that it does not stand in the way of the rest', async () => {
    const { services, write, parked, paths } = setUp();
    await write('a', '{"id":');
    await write('b', [event('2')]);

    expect(await parkDeadLetters(services)).toBe(2);
    expect((await parked()).map(({ payload }) => payload)).toEqual(expect.arrayContaining(['{"id":', event('2')]));
    expect(await paths()).toEqual([]);
  });

  it('names the subscription when it belongs to no function', async () => {
    const { services, write, parked } = setUp();
    await write('a', [event('1')], 'SOMEBODY-ELSE');

    await parkDeadLetters(services);

    expect(await parked()).toMatchObject([{ target: { kind: 'function', name: 'somebody-else' } }]);
  });

  it('parks once when it dies before the blob is deleted and runs again', async () => {
    const { services, blobs, write, parked, paths } = setUp();
    await write('a', [event('1')]);
    const dying: Blobs = { ...blobs, delete: () => Promise.reject(new Error('died')) };

    await expect(parkDeadLetters({ ...services, blobs: dying })).rejects.toThrow('died');
    expect(await paths()).toHaveLength(1);
    await parkDeadLetters(services);

    expect(await parked()).toHaveLength(1);
    expect(await paths()).toEqual([]);
  });

  it('leaves a blob where it is when its events cannot be parked', async () => {
    const { services, write, paths } = setUp();
    await write('a', [event('1')]);
    const parkingLot = { ...services.parkingLot, park: () => Promise.reject(new Error('no room')) };

    await expect(parkDeadLetters({ ...services, parkingLot })).rejects.toThrow('no room');
    expect(await paths()).toHaveLength(1);
  });

  it('takes on about two hundred events at a time', async () => {
    const { services, write, paths } = setUp();
    for (let at = 0; at < 3; at += 1) {
      await write(
        `${at}`,
        Array.from({ length: 100 }, (_, index) => event(`${at}-${index}`)),
      );
    }

    expect(await parkDeadLetters(services)).toBe(200);
    expect(await paths()).toHaveLength(1);
    expect(await parkDeadLetters(services)).toBe(100);
  });

  it('finds nothing where there is nothing', async () => {
    expect(await parkDeadLetters(setUp().services)).toBe(0);
  });
});
