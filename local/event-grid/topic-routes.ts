import type { FastifyInstance } from 'fastify';
import { checkArmRequest } from './check-arm-request.ts';
import { ServiceError } from './service-error.ts';
import type { Topics } from './topics.ts';

const PROVIDER = '/subscriptions/:subscription/resourceGroups/:group/providers/Microsoft.EventGrid';

/** ARM's view of the configured topics: reading them and listing a topic's keys. They are not created over HTTP. */
export const addTopicRoutes = (server: FastifyInstance, topics: Topics, armToken: string | undefined): void => {
  const find = <T extends { readonly id: string }>(all: readonly T[], url: string, suffix = ''): T => {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname).toLowerCase();
    const topic = all.find(({ id }) => path === `${id}${suffix}`.toLowerCase());
    if (topic === undefined) throw new ServiceError(404, 'ResourceNotFound', 'there is no such topic');
    return topic;
  };

  server.get(`${PROVIDER}/topics/:topic`, async (request) => {
    checkArmRequest(request, armToken);
    const { id, name, inputSchema } = find(topics.custom, request.url);
    const endpoint = `${request.protocol}://${request.host}/topics/${name}/api/events`;
    const properties = { provisioningState: 'Succeeded', endpoint, inputSchema };
    return { id, name, type: 'Microsoft.EventGrid/topics', properties };
  });

  server.post(`${PROVIDER}/topics/:topic/listKeys`, async (request) => {
    checkArmRequest(request, armToken);
    const { keys } = find(topics.custom, request.url, '/listKeys');
    return { key1: keys[0], key2: keys[1] ?? keys[0] };
  });

  server.get(`${PROVIDER}/systemTopics/:topic`, async (request) => {
    checkArmRequest(request, armToken);
    const { id, name, source, topicType } = find(topics.system, request.url);
    const properties = { provisioningState: 'Succeeded', source, topicType };
    return { id, name, type: 'Microsoft.EventGrid/systemTopics', properties };
  });
};
