import type { EpochMs } from '../../shared/platform/time.ts';
import type { SubscriptionProperties } from './subscription-schema.ts';

/** A subscription as it is kept. */
export interface Subscription {
  /** ARM id as the caller wrote it; ids are compared in lower case. */
  readonly id: string;
  readonly name: string;
  /** Lower-case ARM id of the custom topic, or of the source of the system topic. */
  readonly topicId: string;
  readonly properties: SubscriptionProperties;
  readonly createdAt: EpochMs;
  /** Present until somebody fetches the validation URL. */
  readonly awaiting?: { readonly token: string; readonly expiresAt: EpochMs };
}

export type ProvisioningState = 'Succeeded' | 'AwaitingManualAction' | 'Failed';

/** How far the subscription is: a manual validation nobody completed in time has failed. */
export const provisioningState = ({ awaiting }: Subscription, now: EpochMs): ProvisioningState => {
  if (awaiting === undefined) return 'Succeeded';
  return now < awaiting.expiresAt ? 'AwaitingManualAction' : 'Failed';
};

/** Whether events are delivered to it. */
export const isActive = (subscription: Subscription, now: EpochMs): boolean => {
  const expiry = subscription.properties.expirationTimeUtc;
  const hasExpired = typeof expiry === 'string' && Date.parse(expiry) <= now;
  return provisioningState(subscription, now) === 'Succeeded' && !hasExpired;
};

/** The container dead letters go to, or undefined when they are dropped. */
export const deadLetterContainer = ({ properties }: Subscription): string | undefined =>
  (properties.deadLetterDestination ?? properties.deadLetterWithResourceIdentity?.deadLetterDestination)?.properties
    .blobContainerName;

/** The subscription as ARM shows it: a webhook's full URL is a secret, only its base is shown. */
export const toArm = (subscription: Subscription, now: EpochMs): object => {
  const { destination, ...rest } = subscription.properties;
  return {
    id: subscription.id,
    name: subscription.name,
    type: 'Microsoft.EventGrid/eventSubscriptions',
    properties: {
      topic: subscription.topicId,
      provisioningState: provisioningState(subscription, now),
      ...rest,
      destination: destination.endpointType === 'WebHook' ? hideUrl(destination) : destination,
    },
  };
};

const hideUrl = ({
  endpointType,
  properties: { endpointUrl, ...rest },
}: Extract<SubscriptionProperties['destination'], { endpointType: 'WebHook' }>): object => ({
  endpointType,
  properties: { endpointBaseUrl: endpointUrl.split('?')[0], ...rest },
});
