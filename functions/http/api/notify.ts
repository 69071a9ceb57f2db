import * as z from 'zod';
import { type AlertRule, alertRuleSchema, type Channel, channelSchema } from '../../../shared/notify/alert-rule.ts';
import { type PutChannelServices, putChannel } from '../../../shared/notify/put-channel.ts';
import type { SettingsStore } from '../../../shared/notify/settings-store.ts';
import type { Stored } from '../../../shared/platform/documents.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';

export interface NotifyApiServices extends PutChannelServices {
  readonly alertRules: SettingsStore<AlertRule>;
}

const route = defineRoute<NotifyApiServices>();
const common = { dialect: 'slipway' } as const;
const byName = z.object({ name: z.string().min(1).max(63) });

/** What a channel looks like from outside: whether it signs, never with what. */
const channelView = z.object({
  name: z.string(),
  kind: z.enum(['webhook', 'log']),
  url: z.string().optional(),
  signed: z.boolean(),
});

const toView = (channel: Channel): z.output<typeof channelView> => ({
  name: channel.name,
  kind: channel.kind,
  ...(channel.kind === 'webhook' ? { url: channel.url } : {}),
  signed: channel.kind === 'webhook' && channel.sealedSecret !== undefined,
});

const [webhook, log] = channelSchema.options;
const optionalName = { name: z.string().optional() };
const channelBody = z.discriminatedUnion('kind', [webhook.extend(optionalName), log.extend(optionalName)]);

/** The name in the path is the one that counts; one in the body must be the same. */
const named = (body: unknown, name: string): unknown => {
  const given = (body as { name?: unknown } | null)?.name;
  if (given !== undefined && given !== name) {
    throw new SlipwayError('INVALID_PARAMETER_VALUE', `the body names '${String(given)}', the path '${name}'`);
  }
  return { ...(body as object), name };
};

const load = async <T extends { readonly name: string }>(
  store: SettingsStore<T>,
  what: string,
  name: string,
): Promise<Stored<T>> => {
  const found = await store.get(name);
  if (found === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no ${what} '${name}'`);
  return found;
};

/** Cosmos DB's ETags are quoted as in the header. */
const etagOf = (ifMatch: string | undefined): string | undefined =>
  ifMatch === undefined ? undefined : `"${ifMatch}"`;

const listChannels = route({
  ...common,
  name: 'api-channels-list',
  method: 'GET',
  access: 'operator',
  models: 'all',
  path: 'api/v1/channels',
  summary: 'All channels. Secrets are never shown.',
  output: z.object({ items: z.array(channelView) }),
  async handle(_, { channels }) {
    return { json: { items: (await channels.list()).map(toView) } };
  },
});

const getChannel = route({
  ...common,
  name: 'api-channels-get',
  method: 'GET',
  access: 'operator',
  models: 'all',
  path: 'api/v1/channels/{name}',
  summary: 'One channel. Its secret is never shown.',
  params: byName,
  output: channelView,
  async handle({ params }, { channels }) {
    const found = await load(channels, 'channel', params.name);
    return { headers: { ETag: found.etag }, json: toView(found.value) };
  },
});

const putChannelRoute = route({
  ...common,
  name: 'api-channels-put',
  method: 'PUT',
  access: 'operator',
  models: 'all',
  path: 'api/v1/channels/{name}',
  summary: 'Creates or replaces a channel: a signed webhook, or the log.',
  params: byName,
  body: channelBody,
  output: channelView,
  async handle({ params, body }, services, { ifMatch }) {
    const channel = channelSchema.parse(named(body, params.name));
    return { json: toView(await putChannel(channel, services, etagOf(ifMatch))) };
  },
});

const deleteChannel = route({
  ...common,
  name: 'api-channels-delete',
  method: 'DELETE',
  access: 'operator',
  models: 'all',
  path: 'api/v1/channels/{name}',
  summary: 'Removes a channel; what is queued for it fails with that reason.',
  params: byName,
  async handle({ params }, { channels }) {
    await channels.delete(params.name);
    return { status: 204 };
  },
});

const listRules = route({
  ...common,
  name: 'api-alert-rules-list',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/alert-rules',
  summary: 'All alert rules.',
  output: z.object({ items: z.array(alertRuleSchema) }),
  async handle(_, { alertRules }) {
    return { json: { items: await alertRules.list() } };
  },
});

const getRule = route({
  ...common,
  name: 'api-alert-rules-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/alert-rules/{name}',
  summary: 'One alert rule.',
  params: byName,
  output: alertRuleSchema,
  async handle({ params }, { alertRules }) {
    const found = await load(alertRules, 'alert rule', params.name);
    return { headers: { ETag: found.etag }, json: found.value };
  },
});

const putRule = route({
  ...common,
  name: 'api-alert-rules-put',
  method: 'PUT',
  access: 'operator',
  models: 'all',
  path: 'api/v1/alert-rules/{name}',
  summary: 'Creates or replaces an alert rule: which events are told to which channels.',
  params: byName,
  body: alertRuleSchema.omit({ name: true }).extend({ name: z.string().optional() }),
  output: alertRuleSchema,
  async handle({ params, body }, { alertRules, channels }, { ifMatch }) {
    const rule = alertRuleSchema.parse(named(body, params.name));
    for (const channel of rule.channels) {
      if ((await channels.get(channel)) === undefined) {
        throw new SlipwayError('INVALID_PARAMETER_VALUE', `there is no channel '${channel}': create it first`);
      }
    }
    await alertRules.put(rule, etagOf(ifMatch));
    return { json: rule };
  },
});

const deleteRule = route({
  ...common,
  name: 'api-alert-rules-delete',
  method: 'DELETE',
  access: 'operator',
  models: 'all',
  path: 'api/v1/alert-rules/{name}',
  summary: 'Removes an alert rule.',
  params: byName,
  async handle({ params }, { alertRules }) {
    await alertRules.delete(params.name);
    return { status: 204 };
  },
});

export const notifyRoutes = [
  listChannels,
  getChannel,
  putChannelRoute,
  deleteChannel,
  listRules,
  getRule,
  putRule,
  deleteRule,
];
