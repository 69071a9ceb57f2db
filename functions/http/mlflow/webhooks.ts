import * as z from 'zod';
import { invalid } from '../../../shared/mlflow/invalid.ts';
import type { Position, SortKey } from '../../../shared/mlflow/order-by.ts';
import { readPageToken } from '../../../shared/mlflow/page-token.ts';
import { pageOf } from '../../../shared/mlflow/search.ts';
import { createWebhook, deleteWebhook, updateWebhook } from '../../../shared/notify/webhooks/change-webhook.ts';
import { testWebhook } from '../../../shared/notify/webhooks/test-webhook.ts';
import type { Webhook } from '../../../shared/notify/webhooks/webhook.ts';
import { parseWebhookEvent, type WebhookEvent } from '../../../shared/notify/webhooks/webhook-event.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { integer, optional, required, texts } from './fields.ts';
import type { MlflowServices } from './services.ts';

const route = defineRoute<MlflowServices>();

/** What a webhook is told of may be any model's, so its operator must be one for all models. */
const common = { dialect: 'mlflow', access: 'operator', models: 'all' } as const;
const params = z.object({ webhook_id: z.string() });
const base = 'mlflow/webhooks';

const eventView = z.object({ entity: z.string(), action: z.string() });

const webhookView = z.object({
  webhook_id: z.string(),
  name: z.string(),
  description: z.string().optional(),
  url: z.string(),
  events: z.array(eventView),
  status: z.enum(['ACTIVE', 'DISABLED']),
  models: z.array(z.string()).optional(),
  creation_timestamp: z.number(),
  last_updated_timestamp: z.number(),
});

const output = z.object({ webhook: webhookView });

const toView = (webhook: Webhook): z.input<typeof webhookView> => ({
  webhook_id: webhook.id,
  name: webhook.name,
  ...(webhook.description === undefined ? {} : { description: webhook.description }),
  url: webhook.url,
  events: webhook.events.map(({ entity, action }) => ({ entity: entity.toUpperCase(), action: action.toUpperCase() })),
  status: webhook.status,
  ...(webhook.models === undefined ? {} : { models: [...webhook.models] }),
  creation_timestamp: webhook.createdAt,
  last_updated_timestamp: webhook.updatedAt,
});

/** An event as clients send it: `{"entity": "MODEL_VERSION", "action": "CREATED"}`. */
const toEvent = (value: unknown): WebhookEvent => {
  const parsed = eventView.safeParse(value);
  if (parsed.success) return parseWebhookEvent(parsed.data.entity, parsed.data.action);
  throw invalid(
    `Invalid webhook event ${JSON.stringify(value).slice(0, 200)}: give an object with the strings entity and action, ` +
      'such as {"entity": "MODEL_VERSION", "action": "CREATED"}.',
  );
};

const toEvents = (value: unknown): readonly WebhookEvent[] => {
  if (value === undefined) return [];
  if (Array.isArray(value)) return value.map(toEvent);
  throw invalid("Invalid value for parameter 'events' supplied: Webhook events must be a list.");
};

const wish = {
  events: z.unknown().optional(),
  models: texts('models'),
  description: optional('description'),
  secret: optional('secret'),
  status: optional('status'),
};

const create = route({
  ...common,
  name: 'mlflow-webhooks-create',
  method: 'POST',
  path: base,
  summary: 'Create a webhook',
  body: z.object({ name: required('name'), url: required('url'), ...wish }),
  output,
  async handle({ body: { events, ...fields } }, services, { cause }) {
    const webhook = await createWebhook({ ...fields, events: toEvents(events) }, services, cause);
    return { json: { webhook: toView(webhook) } };
  },
});

const NEWEST_FIRST: readonly SortKey[] = [
  { key: 'creation_timestamp', direction: 'desc' },
  { key: 'webhook_id', direction: 'asc' },
];
const positionOf = ({ createdAt, id }: Webhook): Position => [createdAt, id];
const DEFAULT_RESULTS = 100;

const list = route({
  ...common,
  name: 'mlflow-webhooks-list',
  method: 'GET',
  path: base,
  summary: 'List webhooks, newest first',
  query: z.object({ max_results: integer('max_results'), page_token: optional('page_token') }),
  output: z.object({ webhooks: z.array(webhookView).optional(), next_page_token: z.string().optional() }),
  async handle({ query }, { webhooks }) {
    const limit = query.max_results ?? DEFAULT_RESULTS;
    if (limit < 1 || limit > 1000) throw invalid('max_results must be between 1 and 1000.');
    const after = readPageToken(query.page_token || undefined, NEWEST_FIRST);
    const page = pageOf(await webhooks.list(), { order: NEWEST_FIRST, positionOf, after, limit });
    return {
      json: {
        ...(page.items.length === 0 ? {} : { webhooks: page.items.map(toView) }),
        ...(page.nextPageToken === undefined ? {} : { next_page_token: page.nextPageToken }),
      },
    };
  },
});

const get = route({
  ...common,
  name: 'mlflow-webhooks-get',
  method: 'GET',
  path: `${base}/{webhook_id}`,
  summary: 'Get a webhook',
  params,
  output,
  async handle({ params: { webhook_id: id } }, { webhooks }) {
    return { json: { webhook: toView((await webhooks.get(id)).value) } };
  },
});

const update = route({
  ...common,
  name: 'mlflow-webhooks-update',
  method: 'PATCH',
  path: `${base}/{webhook_id}`,
  summary: 'Change what is named of a webhook',
  params,
  body: z.object({ name: optional('name'), url: optional('url'), ...wish }),
  output,
  async handle({ params: { webhook_id: id }, body: { events, ...fields } }, services, { cause }) {
    const webhook = await updateWebhook(id, { ...fields, events: toEvents(events) }, services, cause);
    return { json: { webhook: toView(webhook) } };
  },
});

const remove = route({
  ...common,
  name: 'mlflow-webhooks-delete',
  method: 'DELETE',
  path: `${base}/{webhook_id}`,
  summary: 'Delete a webhook; what is queued for it is cancelled',
  params,
  async handle({ params: { webhook_id: id } }, services, { cause }) {
    await deleteWebhook(id, services, cause);
    return { json: {} };
  },
});

const resultView = z.object({
  success: z.boolean(),
  response_status: z.number().optional(),
  response_body: z.string().optional(),
  error_message: z.string().optional(),
});

const test = route({
  ...common,
  name: 'mlflow-webhooks-test',
  method: 'POST',
  path: `${base}/{webhook_id}/test`,
  summary: 'Send an example to a webhook, and say what it answered',
  params,
  body: z.object({ event: z.unknown().optional() }),
  output: z.object({ result: resultView }),
  async handle({ params: { webhook_id: id }, body }, services) {
    const { value: webhook } = await services.webhooks.get(id);
    const [first] = webhook.events;
    const event = body.event == null ? first : toEvent(body.event);
    if (event === undefined) throw invalid('Webhook events cannot be empty');
    const { success, status, body: answered, error } = await testWebhook(webhook, event, services);
    const result: z.input<typeof resultView> = {
      success,
      ...(status === undefined ? {} : { response_status: status }),
      ...(answered === undefined ? {} : { response_body: answered }),
      ...(error === undefined ? {} : { error_message: error }),
    };
    return { json: { result } };
  },
});

/** Calls about webhooks. */
export const webhookCalls = [create, list, get, update, remove, test];
