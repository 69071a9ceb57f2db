import { SUBSCRIPTIONS, type Subscription } from '../../shared/events/subscriptions.ts';
import { SITE_ID, SYSTEM_TOPIC_ID, TOPIC_ID } from './app-settings.ts';

export interface WriteSubscriptionsOptions {
  /** Base URL of the Azure emulator. */
  readonly armEndpoint: string;
  readonly armToken: string;
}

const API_VERSION = '2022-06-15';

const scopeOf = (subscription: Subscription): string =>
  subscription.topic === 'slipway'
    ? `${TOPIC_ID}/providers/Microsoft.EventGrid/eventSubscriptions/${subscription.name}`
    : `${SYSTEM_TOPIC_ID}/eventSubscriptions/${subscription.name}`;

const bodyOf = (subscription: Subscription) => ({
  properties: {
    destination: {
      endpointType: 'AzureFunction',
      properties: {
        resourceId: `${SITE_ID}/functions/${subscription.function}`,
        maxEventsPerBatch: 20,
        preferredBatchSizeInKilobytes: 64,
      },
    },
    eventDeliverySchema: 'CloudEventSchemaV1_0',
    filter: { includedEventTypes: subscription.includedEventTypes },
    retryPolicy: { maxDeliveryAttempts: 30, eventTimeToLiveInMinutes: 1440 },
    deadLetterDestination: {
      endpointType: 'StorageBlob',
      properties: { resourceId: `${SITE_ID}/storage`, blobContainerName: 'dead-letters' },
    },
  },
});

/**
 * Writes every Event Grid subscription through ARM, as the deployment does in Azure after the functions exist.
 * Writing what is there already changes nothing.
 *
 * @throws Error naming the subscription that was refused
 */
export const writeSubscriptions = async ({ armEndpoint, armToken }: WriteSubscriptionsOptions): Promise<void> => {
  await Promise.all(
    // The embedded stack's images are files, or in a registry that tells nobody.
    SUBSCRIPTIONS.filter(({ topic }) => topic !== 'container-registry').map(async (subscription) => {
      const answer = await fetch(`${armEndpoint}${scopeOf(subscription)}?api-version=${API_VERSION}`, {
        method: 'PUT',
        headers: { authorization: `Bearer ${armToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(bodyOf(subscription)),
      });
      if (!answer.ok) {
        throw new Error(
          `subscription '${subscription.name}' was refused with ${answer.status}: ${await answer.text()}`,
        );
      }
    }),
  );
};
