import * as z from 'zod';
import { type DeliverNotificationServices, deliverNotification } from '../../shared/notify/deliver-notification.ts';
import { defineQueueHandler } from './handler.ts';

/** One message to one channel. */
export const deliverNotificationHandler = defineQueueHandler<DeliverNotificationServices>()({
  queue: 'deliver-notification',
  message: z.object({ day: z.string(), id: z.string() }),
  handle: (message, services, log) => deliverNotification(message, { ...services, log }),
});
