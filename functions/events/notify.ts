import { EVENT_TYPES } from '../../shared/events/catalogue.ts';
import type { ReceivedEvent } from '../../shared/events/envelope.ts';
import { type NotifyServices, notify as notifyPeople } from '../../shared/notify/notify.ts';
import { type NotifyWebhooksServices, notifyWebhooks } from '../../shared/notify/webhooks/notify-webhooks.ts';
import { defineEventHandler, type EventContext } from './handler.ts';

type Services = NotifyServices & NotifyWebhooksServices;

const tell = async (event: ReceivedEvent, services: Services, { log }: EventContext): Promise<void> => {
  const deliveries = await notifyPeople(event, services);
  const webhooks = await notifyWebhooks(event, services);
  log.info({ deliveries, webhooks }, 'alert rules and webhooks matched');
};

/** Any event of ours: the channels that alert rules name for it are told, and the webhooks that asked for it. */
export const notify = defineEventHandler<Services>({
  name: 'notify',
  on: Object.fromEntries(EVENT_TYPES.map((type) => [type, tell])),
});
