import * as z from 'zod';
import { type DeliverNotificationServices, deliverNotification } from '../../shared/notify/deliver-notification.ts';
import { type DeliverWebhookServices, deliverWebhook } from '../../shared/notify/webhooks/deliver-webhook.ts';
import { defineQueueHandler } from './handler.ts';

/** One message to one channel, or one event to one webhook. */
export const deliverNotificationHandler = defineQueueHandler<DeliverNotificationServices & DeliverWebhookServices>()({
  queue: 'deliver-notification',
  message: z.object({ day: z.string(), id: z.string(), kind: z.literal('webhook').optional() }),
  handle: ({ kind, ...message }, services, log) =>
    kind === 'webhook'
      ? deliverWebhook(message, { ...services, log })
      : deliverNotification(message, { ...services, log }),
});
