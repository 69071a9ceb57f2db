import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import type { CustomTopic } from './options.ts';
import { ServiceError } from './service-error.ts';
import type { RawEvent } from './types.ts';

export const MAX_REQUEST_BYTES = 1_048_576;
const MAX_EVENTS = 5000;

const badRequest = (message: string): ServiceError => new ServiceError(400, 'BadRequest', message);

/**
 * The events of a publish request, stamped as the topic stamps them.
 *
 * @throws ServiceError 400 for what is not of the topic's schema, 413 for too much of it
 */
export const parsePublished = (body: Buffer, headers: IncomingHttpHeaders, topic: CustomTopic): readonly RawEvent[] => {
  if (body.length > MAX_REQUEST_BYTES) throw tooLarge(`the request has ${body.length} bytes of at most 1048576`);
  const events = topic.inputSchema === 'EventGridSchema' ? parseArray(body) : cloudEvents(body, headers);
  if (events.length > MAX_EVENTS) throw tooLarge(`the request has ${events.length} events of at most ${MAX_EVENTS}`);
  return events.map((event, index) =>
    topic.inputSchema === 'EventGridSchema' ? stampEvent(event, index, topic) : checkCloudEvent(event, index),
  );
};

const tooLarge = (message: string): ServiceError => new ServiceError(413, 'PayloadTooLarge', message);

const parseJson = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw badRequest('the body is not JSON');
  }
};

const parseArray = (body: Buffer): readonly unknown[] => {
  const events = parseJson(body);
  if (!Array.isArray(events)) throw badRequest('the body is not an array of events');
  return events;
};

/** Batch (an array), structured (one object), or binary mode (attributes as `ce-` headers, data as the body). */
const cloudEvents = (body: Buffer, headers: IncomingHttpHeaders): readonly unknown[] => {
  if (headers['ce-specversion'] !== undefined) return [fromBinaryMode(body, headers)];
  const isSingle = (headers['content-type'] ?? '').startsWith('application/cloudevents+json');
  return isSingle ? [parseJson(body)] : parseArray(body);
};

const fromBinaryMode = (body: Buffer, headers: IncomingHttpHeaders): RawEvent => {
  const attributes = Object.entries(headers)
    .filter(([name]) => name.startsWith('ce-'))
    .map(([name, value]) => [name.slice('ce-'.length), decodeAttribute(String(value))]);
  const contentType = headers['content-type'];
  const isJson = contentType === undefined || /[/+]json\b/.test(contentType);
  return {
    ...Object.fromEntries(attributes),
    ...(contentType === undefined ? {} : { datacontenttype: contentType }),
    ...(body.length === 0 ? {} : isJson ? { data: parseJson(body) } : { data_base64: body.toString('base64') }),
  };
};

const decodeAttribute = (value: string): string => {
  try {
    return decodeURIComponent(value);
  } catch {
    throw badRequest(`the header value '${value}' is not percent-encoded`);
  }
};

const text = z.string().min(1);

const eventGridEvent = z.looseObject({
  id: text,
  subject: text,
  eventType: text,
  eventTime: text.refine((time) => !Number.isNaN(Date.parse(time)), 'is no time'),
  data: z.unknown(),
  dataVersion: z.string().nullish(),
  topic: z.string().nullish(),
  metadataVersion: z.literal('1').nullish(),
});

const stampEvent = (given: unknown, index: number, topic: CustomTopic): RawEvent => {
  const event = parseWith(eventGridEvent, given, index);
  const own = event.topic ?? '';
  if (own !== '' && own.toLowerCase() !== topic.id.toLowerCase()) {
    throw badRequest(`event ${index}: topic must be absent or '${topic.id}'`);
  }
  return { ...event, topic: topic.id, dataVersion: event.dataVersion ?? '', metadataVersion: '1' };
};

const cloudEvent = z
  .looseObject({
    specversion: z.literal('1.0'),
    id: text,
    source: text,
    type: text,
    subject: z.string().optional(),
    time: z.iso.datetime({ offset: true }).optional(),
    datacontenttype: z.string().optional(),
    dataschema: z.string().optional(),
    data_base64: z.base64().optional(),
  })
  .refine((event) => !('data' in event && 'data_base64' in event), 'has both data and data_base64')
  .refine((event) => Object.keys(event).every((name) => /^[a-z0-9_]+$/.test(name)), 'has an attribute not in [a-z0-9]');

const checkCloudEvent = (given: unknown, index: number): RawEvent => parseWith(cloudEvent, given, index);

const parseWith = <T>(schema: z.ZodType<T>, given: unknown, index: number): T => {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw badRequest(`event ${index}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`);
};
