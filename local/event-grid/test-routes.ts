import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { toIso } from '../../shared/platform/time.ts';
import type { EmulatorContext } from './context.ts';
import type { Dispatcher } from './dispatcher.ts';
import { faultSettings } from './faults.ts';
import { parseJsonBody } from './parse-json-body.ts';
import type { Router } from './router.ts';
import type { Delivery } from './types.ts';

const PREFIX = '/_emulator/event-grid';

const replayBody = z.strictObject({ times: z.int().min(1).max(1000).default(1) });

const deliveriesQuery = z.object({
  subscription: z.string().optional(),
  eventId: z.string().optional(),
  phase: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100_000).default(1000),
});

/** What a test may look at and do: faults, delivery history, replay. No such routes exist in Azure. */
export const addTestRoutes = (
  server: FastifyInstance,
  context: EmulatorContext,
  dispatcher: Dispatcher,
  router: Router,
): void => {
  const { store, faults } = context;

  server.get(`${PREFIX}/faults`, async () => faults.get());
  server.put(`${PREFIX}/faults`, async (request) => {
    faults.set(faultSettings.parse(parseJsonBody(request.body)));
    return faults.get();
  });
  server.delete(`${PREFIX}/faults`, async () => {
    faults.set({});
    return {};
  });

  server.get(`${PREFIX}/status`, async () => countPhases([...store.deliveries.values()], store.events.size));

  server.get(`${PREFIX}/events`, async () => ({
    value: [...store.events.values()].map((one) => ({ ...one, acceptedAt: toIso(one.acceptedAt) })),
  }));

  server.get(`${PREFIX}/deliveries`, async (request) => ({
    value: findDeliveries([...store.deliveries.values()], deliveriesQuery.parse(request.query)).map(toView),
  }));

  server.post(`${PREFIX}/replay`, async (request) => {
    const { times } = replayBody.parse(parseJsonBody(request.body));
    const deliveries = await router.replay(times);
    const ended = Promise.all(deliveries.map((one) => dispatcher.ended(one)));
    dispatcher.dispatch(deliveries);
    return countPhases(await ended, new Set(deliveries.map(({ seq }) => seq)).size);
  });
};

/** The latest that match, oldest first. */
const findDeliveries = (
  all: readonly Delivery[],
  { subscription, eventId, phase, limit }: z.infer<typeof deliveriesQuery>,
): readonly Delivery[] =>
  all
    .filter(
      (one) =>
        (subscription === undefined || one.subscriptionName.toLowerCase() === subscription.toLowerCase()) &&
        (eventId === undefined || one.eventId === eventId) &&
        (phase === undefined || one.phase === phase),
    )
    .slice(-limit);

const countPhases = (deliveries: readonly Delivery[], events: number): object => {
  const count = (phase: Delivery['phase']): number => deliveries.filter((one) => one.phase === phase).length;
  return {
    events,
    deliveries: deliveries.length,
    pending: count('pending') + count('dead-lettering'),
    delivered: count('delivered'),
    deadLettered: count('dead-lettered'),
    dropped: count('dropped'),
  };
};

const toView = (delivery: Delivery): object => ({
  ...delivery,
  createdAt: toIso(delivery.createdAt),
  dueAt: toIso(delivery.dueAt),
  attempts: delivery.attempts.map((attempt) => ({ ...attempt, at: toIso(attempt.at) })),
});
