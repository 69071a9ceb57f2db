import { randomBytes, randomUUID } from 'node:crypto';
import { addMs } from '../../shared/platform/time.ts';
import type { EmulatorContext } from './context.ts';
import { destinationUrl } from './delivery-request.ts';
import type { Dispatcher } from './dispatcher.ts';
import { type Handshake, MANUAL_VALIDATION_MS, shakeHands } from './handshake.ts';
import { ServiceError } from './service-error.ts';
import { provisioningState, type Subscription } from './subscription.ts';
import { type SubscriptionProperties, subscriptionProperties } from './subscription-schema.ts';

export interface PutSubscription {
  /** ARM id of the subscription. */
  readonly id: string;
  readonly name: string;
  readonly topicId: string;
  /** `properties` of the request, not yet checked. */
  readonly properties: unknown;
  /** Under which the emulator is reached, for the validation URL. */
  readonly ownUrl: string;
}

export interface Subscriptions {
  /**
   * Creates or replaces a subscription once its endpoint has agreed; what was there stays if it refuses.
   *
   * @throws ServiceError 400
   */
  put(request: PutSubscription): Promise<Subscription>;
  /** @returns false when there was none */
  delete(id: string): Promise<boolean>;
  /** Completes a manual validation. @returns false when the link is wrong or too old */
  validate(id: string, token: string): Promise<boolean>;
}

export const createSubscriptions = (context: EmulatorContext, dispatcher: Dispatcher): Subscriptions => {
  const { store, clock } = context;
  const find = (id: string): Subscription | undefined => store.subscriptions.get(id.toLowerCase());
  return {
    put: async (request) => {
      const value = await validated(context, request, find(request.id));
      await store.write([{ kind: 'subscription', value }]);
      return value;
    },
    delete: async (id) => {
      if (find(id) === undefined) return false;
      await store.write([{ kind: 'subscription-deleted', id }]);
      await dispatcher.cancel(id.toLowerCase());
      return true;
    },
    validate: async (id, token) => {
      const subscription = find(id);
      if (subscription?.awaiting?.token !== token) return false;
      if (provisioningState(subscription, clock()) !== 'AwaitingManualAction') return false;
      const { awaiting: _, ...value } = subscription;
      await store.write([{ kind: 'subscription', value }]);
      return true;
    },
  };
};

const NAME = /^[a-zA-Z0-9-]{3,64}$/;

const invalid = (message: string): ServiceError => new ServiceError(400, 'InvalidRequest', message);

/** The subscription to store, after the handshake its schema asks for. */
const validated = async (
  context: EmulatorContext,
  request: PutSubscription,
  existing: Subscription | undefined,
): Promise<Subscription> => {
  if (!NAME.test(request.name)) throw invalid(`'${request.name}' is not 3 to 64 of a-z, A-Z, 0-9 and -`);
  const properties = parseProperties(request.properties);
  if (properties.destination.endpointType === 'AzureFunction' && context.functionsHost === undefined) {
    throw invalid('there is no Functions host to deliver to');
  }
  const token = randomUUID();
  const handshake = await validateDestination(context, request, properties, token);
  if (handshake.kind === 'refused') {
    throw new ServiceError(400, 'Url validation', `the destination did not validate: ${handshake.reason}`);
  }
  const now = context.clock();
  return {
    id: request.id,
    name: request.name,
    topicId: request.topicId.toLowerCase(),
    properties,
    createdAt: existing?.createdAt ?? now,
    ...(handshake.kind === 'manual' ? { awaiting: { token, expiresAt: addMs(now, MANUAL_VALIDATION_MS) } } : {}),
  };
};

const parseProperties = (given: unknown): SubscriptionProperties => {
  const parsed = subscriptionProperties.safeParse(given);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(({ path, message }) => `properties.${path.join('.')}: ${message}`);
  throw invalid(issues.join('; '));
};

/** A function needs no handshake: in Azure, too, it is the resource that is looked up, not the endpoint. */
const validateDestination = async (
  { send, clock, functionsHost }: EmulatorContext,
  { id, name, topicId, ownUrl }: PutSubscription,
  { destination, eventDeliverySchema }: SubscriptionProperties,
  token: string,
): Promise<Handshake> => {
  if (destination.endpointType === 'AzureFunction') return { kind: 'accepted' };
  const validationUrl = new URL(`/eventsubscriptions/${name}/validate`, ownUrl);
  validationUrl.search = new URLSearchParams({ id, token, apiVersion: '2022-06-15' }).toString();
  return shakeHands(send, {
    url: destinationUrl(destination, functionsHost),
    schema: eventDeliverySchema,
    topic: topicId,
    subscriptionName: name,
    validationCode: randomBytes(16).toString('hex').toUpperCase(),
    validationUrl: validationUrl.href,
    at: clock(),
  });
};
