import { toIso } from '../../shared/platform/time.ts';
import type { AcceptedEvent, EventSchema, RawEvent } from './types.ts';

/** The event in the schema a subscription asked for. Converting loses what the other schema has no place for. */
export const convertEvent = (accepted: AcceptedEvent, to: EventSchema): RawEvent => {
  if (accepted.schema === to) return accepted.event;
  return to === 'EventGridSchema' ? toEventGridSchema(accepted) : toCloudEvent(accepted.event);
};

const toEventGridSchema = ({ event, acceptedAt }: AcceptedEvent): RawEvent => ({
  id: event['id'],
  topic: event['source'],
  subject: event['subject'] ?? '',
  eventType: event['type'],
  eventTime: event['time'] ?? toIso(acceptedAt),
  data: event['data'] ?? event['data_base64'] ?? null,
  dataVersion: '',
  metadataVersion: '1',
});

const toCloudEvent = (event: RawEvent): RawEvent => ({
  specversion: '1.0',
  id: event['id'],
  source: event['topic'],
  type: event['eventType'],
  subject: event['subject'],
  time: event['eventTime'],
  datacontenttype: 'application/json',
  data: event['data'] ?? null,
});
