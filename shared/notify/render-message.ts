import type { ReceivedEvent } from '../events/envelope.ts';
import type { Severity } from './alert-rule.ts';
import { severityOf } from './match-rules.ts';

/** What a person or a receiving system gets. */
export interface Message {
  readonly id: string;
  readonly type: string;
  readonly severity: Severity;
  /** One line for people. */
  readonly title: string;
  readonly subject: string;
  readonly time?: string;
  readonly correlationId: string;
  readonly data: unknown;
}

/** The event as a message, with a title that says what happened to what, and why when the event knows. */
export const renderMessage = (event: ReceivedEvent): Message => ({
  id: event.id,
  type: event.type,
  severity: severityOf(event.type),
  title: titleOf(event),
  subject: event.subject,
  ...(event.time === undefined ? {} : { time: event.time }),
  correlationId: event.correlationId,
  data: event.data,
});

const titleOf = (event: ReceivedEvent): string => {
  const data = (typeof event.data === 'object' && event.data !== null ? event.data : {}) as Record<string, unknown>;
  const what = event.type.replace(/^slipway\./, '').replaceAll(/[.-]/g, ' ');
  const version = data['version'] === undefined ? '' : ` version ${String(data['version'])}`;
  const thing = data['model'] ?? data['name'] ?? data['monitor'] ?? event.subject;
  const why = data['message'] ?? data['reason'];
  return `${what}: ${String(thing)}${version}${why === undefined ? '' : `, ${String(why)}`}`;
};
