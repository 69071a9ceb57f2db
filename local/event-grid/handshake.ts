import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { toIso } from '../../shared/platform/time.ts';
import type { Sender } from './send.ts';
import type { EventSchema } from './types.ts';

export const REQUEST_ORIGIN = 'eventgrid.azure.net';

/** How long a validation URL works. */
export const MANUAL_VALIDATION_MS = 5 * 60_000;

export type Handshake =
  | { readonly kind: 'accepted' }
  /** The endpoint answered without agreeing: a person may fetch the validation URL. */
  | { readonly kind: 'manual' }
  | { readonly kind: 'refused'; readonly reason: string };

export interface HandshakeRequest {
  readonly url: string;
  readonly schema: EventSchema;
  readonly topic: string;
  readonly subscriptionName: string;
  readonly validationCode: string;
  readonly validationUrl: string;
  readonly at: Parameters<typeof toIso>[0];
}

/**
 * Asks an endpoint whether it wants events, in the way of the subscription's schema.
 *
 * @see https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
 * @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection
 */
export const shakeHands = (send: Sender, request: HandshakeRequest): Promise<Handshake> =>
  request.schema === 'EventGridSchema' ? sendValidationEvent(send, request) : askForConsent(send, request);

const answer = z.record(z.string(), z.unknown());

const sendValidationEvent = async (send: Sender, request: HandshakeRequest): Promise<Handshake> => {
  const reply = await send({
    method: 'POST',
    url: request.url,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'aeg-event-type': 'SubscriptionValidation',
      'aeg-subscription-name': request.subscriptionName.toUpperCase(),
      'aeg-delivery-count': '0',
      'aeg-data-version': '1',
      'aeg-metadata-version': '1',
    },
    body: JSON.stringify([validationEvent(request)]),
  });
  if (reply.kind === 'failed') return { kind: 'refused', reason: reply.detail };
  if (reply.status !== 200) return { kind: 'refused', reason: `the endpoint answered ${reply.status} instead of 200` };
  return hasCode(reply.body, request.validationCode) ? { kind: 'accepted' } : { kind: 'manual' };
};

const validationEvent = ({ topic, validationCode, validationUrl, at }: HandshakeRequest): object => ({
  id: randomUUID(),
  topic,
  subject: '',
  data: { validationCode, validationUrl },
  eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
  eventTime: toIso(at),
  metadataVersion: '1',
  dataVersion: '1',
});

/** The key's case varies between Microsoft's own samples. */
const hasCode = (body: string, code: string): boolean => {
  try {
    const entries = Object.entries(answer.parse(JSON.parse(body)));
    return entries.some(([key, value]) => key.toLowerCase() === 'validationresponse' && value === code);
  } catch {
    return false;
  }
};

const askForConsent = async (send: Sender, request: HandshakeRequest): Promise<Handshake> => {
  const reply = await send({
    method: 'OPTIONS',
    url: request.url,
    headers: { 'webhook-request-origin': REQUEST_ORIGIN, 'webhook-request-callback': request.validationUrl },
  });
  if (reply.kind === 'failed') return { kind: 'refused', reason: reply.detail };
  if (reply.status !== 200) return { kind: 'refused', reason: `the endpoint answered ${reply.status} to OPTIONS` };
  const allowed = reply.headers.get('webhook-allowed-origin');
  return allowed === '*' || allowed?.toLowerCase() === REQUEST_ORIGIN ? { kind: 'accepted' } : { kind: 'manual' };
};
