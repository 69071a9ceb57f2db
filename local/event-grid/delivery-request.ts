import { convertEvent } from './convert-event.ts';
import { valueAt } from './filter-event.ts';
import { REQUEST_ORIGIN } from './handshake.ts';
import type { FunctionsHost } from './options.ts';
import type { OutgoingRequest } from './send.ts';
import type { Subscription } from './subscription.ts';
import type { DeliveryAttribute, Destination } from './subscription-schema.ts';
import type { AcceptedEvent } from './types.ts';

/**
 * The HTTP request that delivers `batch` (≥ 1 event).
 *
 * @see https://learn.microsoft.com/azure/event-grid/delivery-properties
 */
export const deliveryRequest = (
  { name, properties }: Subscription,
  batch: readonly AcceptedEvent[],
  deliveryCount: number,
  functionsHost: FunctionsHost | undefined,
): OutgoingRequest => {
  const { destination, eventDeliverySchema: schema } = properties;
  const events = batch.map((accepted) => convertEvent(accepted, schema));
  const isCloud = schema === 'CloudEventSchemaV1_0';
  // Event Grid schema always comes as an array, CloudEvents only when the subscription asks for batches.
  const isArray = !isCloud || isBatching(destination);
  return {
    method: 'POST',
    url: destinationUrl(destination, functionsHost),
    headers: {
      'content-type': `application/${isCloud ? (isArray ? 'cloudevents-batch+json' : 'cloudevents+json') : 'json'}; charset=utf-8`,
      'aeg-event-type': 'Notification',
      'aeg-subscription-name': name.toUpperCase(),
      'aeg-delivery-count': String(deliveryCount),
      'aeg-metadata-version': isCloud ? '1.0' : '1',
      ...(isCloud
        ? { 'webhook-request-origin': REQUEST_ORIGIN }
        : { 'aeg-data-version': String(events[0]?.['dataVersion'] ?? '') }),
      ...attributeHeaders(destination.properties.deliveryAttributeMappings ?? [], batch[0]),
    },
    body: JSON.stringify(isArray ? events : events[0]),
  };
};

export const isBatching = ({ properties }: Destination): boolean => (properties.maxEventsPerBatch ?? 1) > 1;

/** Where a destination's events go: the webhook itself, or the Event Grid webhook of the Functions host. */
export const destinationUrl = (destination: Destination, host: FunctionsHost | undefined): string => {
  if (destination.endpointType === 'WebHook') return destination.properties.endpointUrl;
  const url = new URL('/runtime/webhooks/EventGrid', host?.url);
  url.searchParams.set('functionName', destination.properties.resourceId.split('/').at(-1) ?? '');
  if (host?.systemKey !== undefined) url.searchParams.set('code', host.systemKey);
  return url.href;
};

const MAX_VALUE_BYTES = 4096;

const attributeHeaders = (
  attributes: readonly DeliveryAttribute[],
  first: AcceptedEvent | undefined,
): Record<string, string> =>
  Object.fromEntries(
    attributes.flatMap((attribute) => {
      const value =
        attribute.type === 'Static'
          ? attribute.properties.value
          : valueAt(first?.event ?? {}, attribute.properties.sourceField);
      const text = typeof value === 'object' || value === undefined ? undefined : String(value);
      const isUsable = text !== undefined && text.length <= MAX_VALUE_BYTES && /^[\x20-\x7e]*$/.test(text);
      return isUsable ? [[attribute.name.toLowerCase(), text]] : [];
    }),
  );
