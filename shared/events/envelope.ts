import * as z from 'zod';
import { SlipwayError } from '../platform/errors.ts';

/** An event as our handlers see it, whichever of the two envelopes it came in. */
export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  /** CloudEvents `source`, Event Grid schema `topic`. */
  readonly source: string;
  readonly subject: string;
  /** RFC 3339 when the sender gave one. */
  readonly time?: string;
  readonly data: unknown;
  /** Correlation id that our own events carry on. */
  readonly correlationId: string;
}

/** What `Date` reads: RFC 3339 with any number of digits after the second, of which Event Grid sends seven. */
const time = z
  .string()
  .refine((text) => !Number.isNaN(Date.parse(text)), 'is no time')
  .optional();

const cloudEvent = z
  .object({
    specversion: z.literal('1.0'),
    id: z.string().min(1),
    source: z.string(),
    type: z.string().min(1),
    subject: z.string().default(''),
    time,
    correlationid: z.string().optional(),
    data: z.unknown().optional(),
  })
  .transform(({ specversion: _, time: at, correlationid, data, ...event }) =>
    withTime({ ...event, data, correlationId: correlationid ?? event.id }, at),
  );

const eventGridEvent = z
  .object({
    id: z.string().min(1),
    topic: z.string().default(''),
    subject: z.string(),
    eventType: z.string().min(1),
    eventTime: time,
    data: z.unknown().optional(),
  })
  .transform(({ id, topic, subject, eventType, eventTime, data }) =>
    withTime({ id, type: eventType, source: topic, subject, data, correlationId: id }, eventTime),
  );

const withTime = (event: Omit<ReceivedEvent, 'time'>, at: string | undefined): ReceivedEvent =>
  at === undefined ? event : { ...event, time: at };

/**
 * One event out of a CloudEvents 1.0 or an Event Grid envelope.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE naming what is missing
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
 */
export const parseEnvelope = (raw: unknown): ReceivedEvent => {
  const isCloudEvent = typeof raw === 'object' && raw !== null && 'specversion' in raw;
  const parsed = (isCloudEvent ? cloudEvent : eventGridEvent).safeParse(raw);
  if (parsed.success) return parsed.data;
  const where = parsed.error.issues.map((issue) => issue.path.join('.') || '(root)').join(', ');
  throw new SlipwayError(
    'INVALID_PARAMETER_VALUE',
    `the event is neither a CloudEvents 1.0 nor an Event Grid envelope: look at ${where}`,
    { cause: parsed.error },
  );
};
