import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { checkArmRequest } from './check-arm-request.ts';
import type { EmulatorContext } from './context.ts';
import { parseJsonBody } from './parse-json-body.ts';
import { ServiceError } from './service-error.ts';
import { type Subscription, toArm } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';
import type { ResolvedTopic, Topics } from './topics.ts';

export interface ArmRoutesOptions {
  readonly context: EmulatorContext;
  readonly topics: Topics;
  readonly subscriptions: Subscriptions;
  readonly armToken: string | undefined;
}

const GROUP = '/subscriptions/:subscription/resourceGroups/:group/providers';

/** A topic's own collection, and the extension resource on any scope, such as an Azure ML workspace. */
const COLLECTIONS = [
  `${GROUP}/Microsoft.EventGrid/topics/:resource/eventSubscriptions`,
  `${GROUP}/Microsoft.EventGrid/systemTopics/:resource/eventSubscriptions`,
  `${GROUP}/:namespace/:type/:resource/providers/Microsoft.EventGrid/eventSubscriptions`,
];

const putBody = z.looseObject({ properties: z.unknown() });

/** ARM's surface for event subscriptions, api-version 2022-06-15. Long-running operations end at once. */
export const addArmRoutes = (server: FastifyInstance, options: ArmRoutesOptions): void => {
  const { context, subscriptions } = options;
  const { store, clock } = context;

  const put = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const { id, name, topic } = targetOf(request, options);
    const { properties } = putBody.parse(parseJsonBody(request.body));
    const ownUrl = `${request.protocol}://${request.host}`;
    const subscription = await subscriptions.put({ id, name, topicId: topic.topicId, properties, ownUrl });
    return reply.code(201).send(toArm(subscription, clock()));
  };

  for (const collection of COLLECTIONS) {
    server.get(collection, async (request) => {
      const { id } = targetOf(request, options);
      const own = [...store.subscriptions.entries()].filter(([key]) => key.startsWith(id.toLowerCase()));
      return { value: own.map(([, one]) => toArm(one, clock())) };
    });
    server.put(`${collection}/:name`, put);
    server.get(`${collection}/:name`, async (request) => toArm(existing(request, options), clock()));
    server.delete(`${collection}/:name`, async (request, reply) =>
      reply.code((await subscriptions.delete(targetOf(request, options).id)) ? 200 : 204).send(),
    );
    server.post(`${collection}/:name/getFullUrl`, async (request) => {
      const { destination } = existing(request, options).properties;
      return destination.endpointType === 'WebHook' ? { endpointUrl: destination.properties.endpointUrl } : {};
    });
  }
};

interface Target {
  /** ARM id of the subscription; of its collection, with a slash behind, when the request names none. */
  readonly id: string;
  readonly name: string;
  readonly topic: ResolvedTopic;
}

const SUBSCRIPTION_PATH =
  /^(.+?)((?:\/providers\/Microsoft\.EventGrid)?\/eventSubscriptions)(?:\/([^/]+))?(?:\/getFullUrl)?$/i;

const targetOf = (request: FastifyRequest, { topics, armToken }: ArmRoutesOptions): Target => {
  checkArmRequest(request, armToken);
  const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  const [, scope = '', collection = '', name = ''] = SUBSCRIPTION_PATH.exec(path) ?? [];
  const topic = topics.resolve(scope);
  if (topic === undefined) throw new ServiceError(404, 'ResourceNotFound', `there is no topic for '${scope}'`);
  return { id: `${scope}${collection}/${name}`, name, topic };
};

const existing = (request: FastifyRequest, options: ArmRoutesOptions): Subscription => {
  const { id, name } = targetOf(request, options);
  const subscription = options.context.store.subscriptions.get(id.toLowerCase());
  if (subscription === undefined) {
    throw new ServiceError(404, 'ResourceNotFound', `there is no event subscription '${name}'`);
  }
  return subscription;
};
