import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../../shared/platform/time.ts';
import { authorizePublisher } from './authorize.ts';
import type { CustomTopic } from './options.ts';
import { parsePublished } from './parse-published.ts';
import type { Router } from './router.ts';
import { ServiceError } from './service-error.ts';

export interface PublishRoutesOptions {
  readonly topics: readonly CustomTopic[];
  readonly router: Router;
  readonly clock: Clock;
  readonly bearerToken: string | undefined;
}

/** The data plane: `/topics/<name>/api/events`, and plain `/api/events` when there is one topic. */
export const addPublishRoutes = (
  server: FastifyInstance,
  { topics, router, clock, bearerToken }: PublishRoutesOptions,
): void => {
  const publish = async (topic: CustomTopic, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const url = new URL(request.url, 'http://localhost');
    authorizePublisher(request.headers, url.pathname, { keys: topic.keys, bearerToken }, clock());
    if (!url.searchParams.has('api-version')) throw new ServiceError(400, 'BadRequest', 'api-version is missing');
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    await router.accept(topic.id, topic.inputSchema, parsePublished(body, request.headers, topic));
    return reply.code(200).send();
  };

  server.post<{ Params: { topic: string } }>('/topics/:topic/api/events', (request, reply) => {
    const name = request.params.topic.toLowerCase();
    const topic = topics.find((one) => one.name.toLowerCase() === name);
    if (topic === undefined) throw new ServiceError(404, 'ResourceNotFound', `there is no topic '${name}'`);
    return publish(topic, request, reply);
  });

  const [only] = topics;
  if (only !== undefined && topics.length === 1) {
    server.post('/api/events', (request, reply) => publish(only, request, reply));
  }
};
