import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { advanceRolloutHandler } from '../../../functions/queues/advance-rollout.ts';
import { buildEnvironmentHandler } from '../../../functions/queues/build-environment.ts';
import { buildPackageHandler } from '../../../functions/queues/build-package.ts';
import { deliverNotificationHandler } from '../../../functions/queues/deliver-notification.ts';
import { defineQueueHandler, receiveMessage } from '../../../functions/queues/handler.ts';
import type { DeliveryServices } from '../../../shared/platform/delivery.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import { QUEUES } from '../../../shared/platform/resources.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const setUp = () => {
  const parkingLot = createParkingLot(createMemoryDocuments());
  const services: DeliveryServices = { parkingLot, clock: () => epochMs(1_767_225_600_000), log: silentLogger };
  const parked = async () => (await parkingLot.list(10)).items;
  return { services, parked };
};

const attempt = (dequeueCount: unknown) => ({
  invocationId: 'inv-1',
  ...(dequeueCount === undefined ? {} : { triggerMetadata: { dequeueCount } }),
});

const handlerOf = (handle: (message: { n: number }) => void) =>
  defineQueueHandler<DeliveryServices>()({
    queue: 'build-package',
    message: z.object({ n: z.number() }),
    handle: async (message) => handle(message),
  });

const failing = handlerOf(() => {
  throw new SlipwayError('TEMPORARILY_UNAVAILABLE', 'busy');
});

describe('receiveMessage', () => {
  it('gives the handler the message as its schema reads it', async () => {
    const { services, parked } = setUp();
    const seen: unknown[] = [];

    await receiveMessage(
      handlerOf((message) => void seen.push(message)),
      { n: 1, other: 2 },
      services,
      attempt(1),
    );

    expect(seen).toEqual([{ n: 1 }]);
    expect(await parked()).toEqual([]);
  });

  it.each([
    ['text', 'hello', '(root)'],
    ['null', null, '(root)'],
    ['nothing', undefined, '(root)'],
    ['an array', [{ n: 1 }], '(root)'],
    ['a message without its field', {}, 'n'],
  ])('parks %s at once and says where it is wrong', async (_, raw, where) => {
    const { services, parked } = setUp();

    await receiveMessage(
      handlerOf(() => undefined),
      raw,
      services,
      attempt(1),
    );

    expect(await parked()).toMatchObject([
      {
        target: { kind: 'queue', queue: 'build-package' },
        payload: raw ?? null,
        code: 'INVALID_PARAMETER_VALUE',
        message: `the message of 'build-package' is wrong at ${where}`,
      },
    ]);
  });

  it.each([undefined, 1, 4, '4', 'many'])('throws on attempt %j, so that the message comes again', async (count) => {
    const { services, parked } = setUp();

    await expect(receiveMessage(failing, { n: 1 }, services, attempt(count))).rejects.toMatchObject({
      code: 'TEMPORARILY_UNAVAILABLE',
    });
    expect(await parked()).toEqual([]);
  });

  it.each([5, '5', 6])('parks on attempt %j, which is the last', async (count) => {
    const { services, parked } = setUp();

    await receiveMessage(failing, { n: 1 }, services, attempt(count));

    expect(await parked()).toMatchObject([{ payload: { n: 1 }, code: 'TEMPORARILY_UNAVAILABLE', message: 'busy' }]);
  });

  it('counts as many attempts as the host makes', () => {
    const host = JSON.parse(readFileSync(new URL('../../../host.json', import.meta.url), 'utf8')) as {
      extensions: { queues: { maxDequeueCount: number } };
    };

    expect(host.extensions.queues.maxDequeueCount).toBe(5);
  });
});

describe('queue handlers', () => {
  const handlers = [buildPackageHandler, buildEnvironmentHandler, advanceRolloutHandler, deliverNotificationHandler];

  it('are one for each queue', () => {
    expect(handlers.map(({ queue }) => queue)).toEqual([...QUEUES]);
  });

  it.each([
    ['build-package', buildPackageHandler, { model: 'heart', version: '2' }],
    ['advance-rollout', advanceRolloutHandler, { endpoint: 'heart', rolloutId: 'heart.ro_1', rev: 3 }],
    ['advance-rollout without a rev', advanceRolloutHandler, { endpoint: 'heart', rolloutId: 'heart.ro_1' }],
    ['deliver-notification', deliverNotificationHandler, { day: '2026-01-01', id: 'dl_1' }],
  ] as const)('%s takes the message that is sent to it', (_, handler, message) => {
    expect(handler.message.parse(message)).toEqual(message);
  });
});
