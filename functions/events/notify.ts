import { EVENT_TYPES } from '../../shared/events/catalogue.ts';
import type { ReceivedEvent } from '../../shared/events/envelope.ts';
import { type NotifyServices, notify as notifyPeople } from '../../shared/notify/notify.ts';
import { defineEventHandler, type EventContext } from './handler.ts';

const tell = async (event: ReceivedEvent, services: NotifyServices, { log }: EventContext): Promise<void> => {
  const deliveries = await notifyPeople(event, services);
  log.info({ deliveries }, 'alert rules matched');
};

/** Any event of ours: the channels that alert rules name for it are told. */
export const notify = defineEventHandler<NotifyServices>({
  name: 'notify',
  on: Object.fromEntries(EVENT_TYPES.map((type) => [type, tell])),
});
