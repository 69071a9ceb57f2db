import type { TokenCredential } from '@azure/core-auth';
import { AzureKeyCredential, type CloudEvent, EventGridPublisherClient } from '@azure/eventgrid';
import { SlipwayError } from '../../platform/errors.ts';
import type { CloudEventEnvelope, EventPublisher } from '../../platform/publisher.ts';
import { fromRestError } from '../from-rest-error.ts';
import { chunkEvents } from './chunk-events.ts';

export interface EventPublisherOptions {
  /** The topic's endpoint, ending in `/api/events`. */
  readonly endpoint: string;
  readonly key?: string;
  /** Used when there is no key; needs an https endpoint. */
  readonly credential?: TokenCredential;
}

/** A publisher to one custom topic whose schema is CloudEvents 1.0. */
export const createEventPublisher = ({ endpoint, key, credential }: EventPublisherOptions): EventPublisher => {
  const used = key === undefined ? credential : new AzureKeyCredential(key);
  if (used === undefined) throw new SlipwayError('INVALID_PARAMETER_VALUE', 'a topic needs a key or a credential');
  const client = new EventGridPublisherClient(endpoint, 'CloudEvent', used, {
    // Only the local emulator speaks http, and only keys work there: the SDK refuses tokens without TLS.
    allowInsecureConnection: endpoint.startsWith('http://'),
  });
  return {
    publish: async (events) => {
      for (const chunk of chunkEvents(events)) {
        try {
          await client.send(chunk.map(toCloudEvent));
        } catch (error) {
          throw fromRestError(error, 'publish events', { events: chunk.length });
        }
      }
    },
  };
};

const toCloudEvent = ({
  traceparent,
  time,
  extensionAttributes,
  ...event
}: CloudEventEnvelope): CloudEvent<unknown> & { id: string } => ({
  ...event,
  time: new Date(time),
  datacontenttype: 'application/json',
  extensionAttributes: { ...extensionAttributes, ...(traceparent === undefined ? {} : { traceparent }) },
});
