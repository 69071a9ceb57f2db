import * as z from 'zod';
import type { WebhookDeliveryStore } from '../../../shared/notify/webhooks/delivery-store.ts';
import { type ReplayDeliveryServices, replayDelivery } from '../../../shared/notify/webhooks/replay-delivery.ts';
import type { WebhookDelivery } from '../../../shared/notify/webhooks/webhook-delivery.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { toIso } from '../../../shared/platform/time.ts';

export interface WebhookApiServices extends ReplayDeliveryServices {
  readonly webhookDeliveries: WebhookDeliveryStore;
}

const route = defineRoute<WebhookApiServices>();
const common = { dialect: 'slipway', access: 'operator', models: 'all' } as const;

const deliveryView = z.object({
  id: z.string().describe('Sent as X-MLflow-Delivery-Id.'),
  webhook: z.string(),
  event: z.string().describe('Such as model_version.created.'),
  eventId: z.string().describe('Id of the journal entry.'),
  createdAt: z.string().describe('When the event was.'),
  phase: z.enum(['queued', 'delivered', 'failed', 'cancelled']),
  attempts: z.number().describe('Since it was queued, or replayed.'),
  replays: z.number(),
  lastAttemptAt: z.string().optional(),
  lastStatus: z.number().optional().describe('HTTP status of the last answer; absent when there was none.'),
  lastReason: z.string().optional().describe('Why it is not delivered.'),
  nextAttemptAt: z.string().optional(),
});

const toView = (delivery: WebhookDelivery): z.output<typeof deliveryView> => {
  const { id, webhook, event, eventId, createdAt, phase, attempts, replays, wakeUp } = delivery;
  const { lastAttemptAt, lastStatus, lastReason } = delivery;
  return {
    ...{ id, webhook, event, eventId, createdAt, phase, attempts, replays },
    ...(lastAttemptAt === undefined ? {} : { lastAttemptAt }),
    ...(lastStatus === undefined ? {} : { lastStatus }),
    ...(lastReason === undefined ? {} : { lastReason }),
    ...(wakeUp === null ? {} : { nextAttemptAt: toIso(wakeUp.at) }),
  };
};

const list = route({
  ...common,
  name: 'api-webhook-deliveries-list',
  method: 'GET',
  path: 'api/v1/webhooks/{id}/deliveries',
  summary: 'What an MLflow webhook was told, newest event first, and how that went.',
  params: z.object({ id: z.string() }),
  query: z.object({
    limit: z.coerce.number().int().min(1).max(1000).default(100),
    cursor: z.string().optional(),
  }),
  output: z.object({ items: z.array(deliveryView), next: z.string().optional() }),
  async handle({ params, query: { limit, cursor } }, { webhooks, webhookDeliveries }) {
    await webhooks.get(params.id);
    const page = { limit, ...(cursor === undefined ? {} : { continuation: cursor }) };
    const { items, next } = await webhookDeliveries.list(params.id, page);
    return { json: { items: items.map(({ value }) => toView(value)), next } };
  },
});

const replay = route({
  ...common,
  name: 'api-webhook-deliveries-replay',
  method: 'POST',
  path: 'api/v1/webhooks/{id}/deliveries/{delivery}/replay',
  summary: 'Sends a delivery again: the same body under the same id, signed anew.',
  params: z.object({ id: z.string(), delivery: z.string() }),
  output: deliveryView,
  async handle({ params: { id, delivery } }, services) {
    return { status: 202, json: toView(await replayDelivery({ webhook: id, delivery }, services)) };
  },
});

export const webhookRoutes = [list, replay];
