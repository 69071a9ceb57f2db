import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { deploymentChanged } from '../../../functions/events/deployment-changed.ts';
import { driftDetected } from '../../../functions/events/drift-detected.ts';
import { defineEventHandler, type EventContext, receiveEvent } from '../../../functions/events/handler.ts';
import { modelRegistered } from '../../../functions/events/model-registered.ts';
import { runCompleted } from '../../../functions/events/run-completed.ts';
import { AZURE_ML } from '../../../shared/events/azure-ml.ts';
import type { ReceivedEvent } from '../../../shared/events/envelope.ts';
import type { DeliveryServices } from '../../../shared/platform/delivery.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { createParkingLot } from '../../../shared/platform/parking.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const NOW = epochMs(1_767_225_600_000);
const INVOCATION = { invocationId: 'inv-1' };

const ping = {
  specversion: '1.0',
  id: 'evt-1',
  source: '/slipway',
  type: 'test.ping',
  subject: 'x',
  correlationid: 'story-1',
  data: { n: 1 },
};

const setUp = () => {
  const parkingLot = createParkingLot(createMemoryDocuments());
  const services: DeliveryServices = { parkingLot, clock: () => NOW, log: silentLogger };
  const parked = async () => (await parkingLot.list(10)).items;
  return { services, parked };
};

const handlerOf = (work: (event: ReceivedEvent, context: EventContext) => void | Promise<void>) =>
  defineEventHandler<DeliveryServices>({
    name: 'on-ping',
    on: { 'test.ping': async (event, _, context) => work(event, context) },
  });

const throwing = (error: unknown) =>
  handlerOf(() => {
    throw error;
  });

describe('receiveEvent', () => {
  it('gives the handler the event and its cause', async () => {
    const { services, parked } = setUp();
    const seen: unknown[] = [];

    await receiveEvent(
      handlerOf((event, { cause }) => void seen.push([event.data, cause])),
      ping,
      services,
      INVOCATION,
    );

    expect(seen).toEqual([[{ n: 1 }, { causedBy: 'evt-1', correlationId: 'story-1' }]]);
    expect(await parked()).toEqual([]);
  });

  it.each(['test.pong', 'constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'parks an event of type %s, which nobody takes',
    async (type) => {
      const { services, parked } = setUp();
      const handler = handlerOf(() => undefined);

      await receiveEvent(handler, { ...ping, type }, services, INVOCATION);

      expect(await parked()).toMatchObject([
        {
          target: { kind: 'function', name: 'on-ping' },
          payload: { id: 'evt-1', type },
          code: 'INVALID_PARAMETER_VALUE',
          message: `'on-ping' takes no event of type '${type}'`,
        },
      ]);
    },
  );

  it.each([null, undefined, 'text', 7, [ping], {}, { ...ping, specversion: '2.0' }])(
    'parks %j, which is no event',
    async (raw) => {
      const { services, parked } = setUp();

      await receiveEvent(
        handlerOf(() => undefined),
        raw,
        services,
        INVOCATION,
      );

      expect(await parked()).toMatchObject([{ payload: raw ?? null, code: 'INVALID_PARAMETER_VALUE' }]);
    },
  );

  it.each([
    ['what may succeed later', new SlipwayError('TEMPORARILY_UNAVAILABLE', 'busy'), 'TEMPORARILY_UNAVAILABLE'],
    ['what was overtaken', new SlipwayError('RESOURCE_DOES_NOT_EXIST', 'not yet'), 'RESOURCE_DOES_NOT_EXIST'],
    ['what nobody expected', new TypeError('boom'), 'INTERNAL_ERROR'],
  ])('throws %s, so that Event Grid delivers again', async (_, error, code) => {
    const { services, parked } = setUp();

    await expect(receiveEvent(throwing(error), ping, services, INVOCATION)).rejects.toMatchObject({ code });
    expect(await parked()).toEqual([]);
  });

  it.each([
    ['what can never succeed', new SlipwayError('INVALID_STATE', 'no'), 'INVALID_STATE'],
    ['data that does not match its schema', z.object({ a: z.string() }).safeParse({}).error, 'INVALID_PARAMETER_VALUE'],
  ])('parks %s', async (_, error, code) => {
    const { services, parked } = setUp();

    await receiveEvent(throwing(error), ping, services, INVOCATION);

    expect(await parked()).toMatchObject([{ payload: ping, code }]);
  });
});

describe.each([
  ['model-registered', modelRegistered, ['slipway.model.registered', AZURE_ML.modelRegistered]],
  ['deployment-changed', deploymentChanged, [AZURE_ML.modelDeployed]],
  ['drift-detected', driftDetected, ['slipway.drift.detected', AZURE_ML.datasetDriftDetected]],
  ['run-completed', runCompleted, [AZURE_ML.runCompleted, AZURE_ML.runStatusChanged]],
] as const)('%s', (name, handler, types) => {
  it('takes these types', () => {
    expect(Object.keys(handler.on)).toEqual(types);
    expect(handler.name).toBe(name);
  });

  it.each(types)('parks %s with data of another shape', async (type) => {
    const { services, parked } = setUp();

    await receiveEvent(handler as never, { ...ping, type, data: { nothing: 'of use' } }, services, INVOCATION);

    expect(await parked()).toMatchObject([{ code: 'INVALID_PARAMETER_VALUE', target: { kind: 'function', name } }]);
  });
});
