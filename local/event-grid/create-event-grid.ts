import type { FastifyError, FastifyInstance, FastifyPluginAsync } from 'fastify';
import * as z from 'zod';
import { addArmRoutes } from './arm-routes.ts';
import { createContext, type EmulatorContext } from './context.ts';
import { createDispatcher, type Dispatcher } from './dispatcher.ts';
import type { SystemTopicEvent } from './ml-events.ts';
import type { EventGridEmulatorOptions } from './options.ts';
import { MAX_REQUEST_BYTES } from './parse-published.ts';
import { addPublishRoutes } from './publish-routes.ts';
import { createRouter, type Router } from './router.ts';
import { errorBody, ServiceError } from './service-error.ts';
import { openStore } from './store.ts';
import { createSubscriptions } from './subscriptions.ts';
import { addTestRoutes } from './test-routes.ts';
import { addTopicRoutes } from './topic-routes.ts';
import { createTopics, type Topics } from './topics.ts';
import { hasEnded } from './types.ts';
import { addValidationRoute } from './validation-route.ts';

/** A running emulator; its routes are served once `plugin` is registered. */
export interface EventGrid {
  readonly plugin: FastifyPluginAsync;
  /**
   * Publishes as the Azure service behind a system topic does.
   *
   * @param topicResourceId - ARM id of the system topic, or of the resource it belongs to
   * @throws ServiceError 404
   */
  publish(topicResourceId: string, event: SystemTopicEvent): Promise<void>;
  /** Lets what is in flight end for two seconds; the rest is delivered by the next process on the same directory. */
  close(): Promise<void>;
}

/** The Event Grid emulator, with everything an earlier process left in its directory under way again. */
export const createEventGrid = async (options: EventGridEmulatorOptions): Promise<EventGrid> => {
  const store = await openStore(options.dataDir, options.retained);
  const context = createContext(options, store, new AbortController());
  const topics = createTopics(options);
  const dispatcher = createDispatcher(context);
  const router = createRouter(context, dispatcher);
  dispatcher.dispatch([...store.deliveries.values()].filter((one) => !hasEnded(one)));
  return {
    plugin: pluginOf(options, { context, topics, dispatcher, router }),
    publish: async (topicResourceId, event) => {
      const topic = topics.resolve(topicResourceId);
      if (topic === undefined) throw new ServiceError(404, 'ResourceNotFound', `there is no topic ${topicResourceId}`);
      const stamped = { ...event, topic: topic.topicId, metadataVersion: '1' };
      await router.accept(topic.topicId, topic.schema, [stamped]);
    },
    close: async () => {
      await dispatcher.stop();
      await store.close();
    },
  };
};

interface Parts {
  readonly context: EmulatorContext;
  readonly topics: Topics;
  readonly dispatcher: Dispatcher;
  readonly router: Router;
}

const pluginOf =
  (options: EventGridEmulatorOptions, { context, topics, dispatcher, router }: Parts): FastifyPluginAsync =>
  async (server) => {
    keepBodiesAsBytes(server);
    answerErrorsLikeAzure(server);
    const { armToken } = options;
    const subscriptions = createSubscriptions(context, dispatcher);
    addPublishRoutes(server, { topics: topics.custom, router, clock: context.clock, bearerToken: armToken });
    addArmRoutes(server, { context, topics, subscriptions, armToken });
    addTopicRoutes(server, topics, armToken);
    addValidationRoute(server, subscriptions);
    addTestRoutes(server, context, dispatcher, router);
  };

/** A registered plugin is its own scope: neither this nor the error answers reach other emulators on the server. */
const keepBodiesAsBytes = (server: FastifyInstance): void => {
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_REQUEST_BYTES }, (_request, body, done) =>
    done(null, body),
  );
};

const answerErrorsLikeAzure = (server: FastifyInstance): void => {
  server.setErrorHandler((error: FastifyError | ServiceError | z.ZodError, _request, reply) => {
    const refusal = toServiceError(error);
    return reply.code(refusal.status).send(errorBody(refusal));
  });
};

const toServiceError = (error: FastifyError | ServiceError | z.ZodError): ServiceError => {
  if (error instanceof ServiceError) return error;
  if (error instanceof z.ZodError) return new ServiceError(400, 'InvalidRequest', z.prettifyError(error));
  const status = error.statusCode ?? 500;
  if (status === 413) return new ServiceError(413, 'PayloadTooLarge', 'the request is larger than 1048576 bytes');
  return new ServiceError(status, status < 500 ? 'BadRequest' : 'InternalServerError', error.message);
};
