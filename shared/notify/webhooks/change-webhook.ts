import { randomUUID } from 'node:crypto';
import type { EventData } from '../../events/catalogue.ts';
import { SlipwayError } from '../../platform/errors.ts';
import type { PrivateEgress } from '../../platform/http/egress.ts';
import { derivedId } from '../../platform/ids.ts';
import { type Cause, type JournalEntry, journalEntry } from '../../platform/journal.ts';
import type { SecretBox } from '../../platform/secrets.ts';
import type { Clock, EpochMs } from '../../platform/time.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import { checkDescription, checkModels, checkName, checkSecret, checkStatus, checkUrl } from './check-webhook.ts';
import type { Webhook } from './webhook.ts';
import { nameOf, sortedEvents, type WebhookEvent } from './webhook-event.ts';
import type { WebhookStore } from './webhook-store.ts';

export interface ChangeWebhookServices {
  readonly webhooks: WebhookStore;
  readonly secrets: SecretBox;
  readonly privateEgress: PrivateEgress;
  readonly clock: Clock;
}

/** What is asked of a webhook. An empty text or list is the same as none. */
export interface WebhookWish {
  readonly name?: string | undefined;
  readonly url?: string | undefined;
  readonly events?: readonly WebhookEvent[] | undefined;
  readonly models?: readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly secret?: string | undefined;
  readonly status?: string | undefined;
}

/**
 * A new webhook, active unless it is wished otherwise. It is told of everything that happens after this.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE
 */
export const createWebhook = async (
  wish: WebhookWish & { readonly name: string; readonly url: string },
  services: ChangeWebhookServices,
  cause: Cause,
): Promise<Webhook> => {
  const name = checkName(wish.name);
  const url = checkUrl(wish.url, services.privateEgress);
  const { events, ...fields } = checked({ ...wish, name, url }, services);
  if (events === undefined) throw new SlipwayError('INVALID_PARAMETER_VALUE', 'Webhook events cannot be empty');
  const at = services.clock();
  const webhook: Webhook = {
    id: randomUUID(),
    kind: 'webhook',
    status: 'ACTIVE',
    ...fields,
    name,
    url,
    events,
    createdAt: at,
    updatedAt: at,
    revision: 1,
  };
  await services.webhooks.create(webhook, entryOf(webhook, 'created', cause, at));
  return webhook;
};

/**
 * Changes what is named and leaves the rest; no field can be emptied.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE
 */
export const updateWebhook = (
  id: string,
  wish: WebhookWish,
  services: ChangeWebhookServices,
  cause: Cause,
): Promise<Webhook> =>
  untilCommitted(async () => {
    const { value, etag } = await services.webhooks.get(id);
    const at = services.clock();
    const webhook: Webhook = { ...value, ...checked(wish, services), updatedAt: at, revision: value.revision + 1 };
    const done = await services.webhooks.replace(webhook, etag, entryOf(webhook, 'updated', cause, at));
    return done ? webhook : AGAIN;
  });

/** Deletes a webhook for good. @throws SlipwayError RESOURCE_DOES_NOT_EXIST */
export const deleteWebhook = (
  id: string,
  { webhooks, clock }: Pick<ChangeWebhookServices, 'webhooks' | 'clock'>,
  cause: Cause,
): Promise<void> =>
  untilCommitted(async () => {
    const { value, etag } = await webhooks.get(id);
    const entry = entryOf({ ...value, revision: value.revision + 1 }, 'deleted', cause, clock());
    return (await webhooks.delete(id, etag, entry)) ? undefined : AGAIN;
  });

/** The fields that are wished for, each valid, the secret sealed. */
const checked = (wish: WebhookWish, { secrets, privateEgress }: ChangeWebhookServices): Partial<Webhook> => {
  const { name, url, events = [], models = [], description, secret, status } = wish;
  return {
    ...(isGiven(name) ? { name: checkName(name) } : {}),
    ...(isGiven(url) ? { url: checkUrl(url, privateEgress) } : {}),
    ...(events.length === 0 ? {} : { events: sortedEvents(events) }),
    ...(models.length === 0 ? {} : { models: checkModels(models) }),
    ...(isGiven(description) ? { description: checkDescription(description) } : {}),
    ...(isGiven(secret) ? { sealedSecret: secrets.seal(checkSecret(secret)) } : {}),
    ...(isGiven(status) ? { status: checkStatus(status) } : {}),
  };
};

const isGiven = (text: string | undefined): text is string => text !== undefined && text !== '';

type Changed = EventData<'slipway.webhook.changed'>;

const entryOf = (webhook: Webhook, change: Changed['change'], cause: Cause, at: EpochMs): JournalEntry => {
  const { id, name, url, events, models, status, revision } = webhook;
  const data: Changed = {
    webhook: id,
    name,
    change,
    host: new URL(url).host,
    events: events.map(nameOf),
    ...(models === undefined ? {} : { models: [...models] }),
    status,
  };
  const type = 'slipway.webhook.changed';
  return journalEntry(derivedId('je', type, id, revision), { type, subject: `webhooks/${id}`, data }, cause, at);
};
