import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { deploymentResource } from './arm-resources.ts';
import { accepted, apiVersionOf, listReply, parseBody, putReply, WORKSPACE_PATH } from './arm-routes.ts';
import type { DeploymentService } from './deployment-service.ts';
import type { Fleet } from './fleet.ts';
import { deploymentBody } from './records.ts';
import { deploymentsOf, type Workspace } from './workspace.ts';

const PATH = `${WORKSPACE_PATH}/onlineEndpoints/:endpoint/deployments`;
const ONE = `${PATH}/:deployment`;

interface Route {
  Params: { endpoint: string; deployment: string };
}

const patchBody = z.object({
  tags: z.record(z.string(), z.string()).optional(),
  sku: z.looseObject({ name: z.string().nullish(), capacity: z.int().min(1).max(50) }).optional(),
});
const logsBody = z.object({
  containerType: z.enum(['StorageInitializer', 'InferenceServer']).nullish(),
  tail: z.int().min(1).nullish(),
});

/** ARM routes of online deployments. */
export const registerDeploymentRoutes = (
  app: FastifyInstance,
  workspace: Workspace,
  { service, fleet }: { readonly service: DeploymentService; readonly fleet: Fleet },
): void => {
  app.get<Route>(PATH, (request) => {
    const { name } = service.endpoint(request.params.endpoint);
    const found = deploymentsOf(workspace, name);
    const resources = found.map((each) => deploymentResource(workspace, each, apiVersionOf(request)));
    return listReply(workspace, request, resources, '$top');
  });
  app.get<Route>(ONE, (request) => {
    const record = service.get(request.params.endpoint, request.params.deployment);
    return deploymentResource(workspace, record, apiVersionOf(request));
  });
  app.put<Route>(ONE, (request, reply) => {
    const { endpoint, deployment } = request.params;
    const { created, record } = service.put(endpoint, deployment, parseBody(deploymentBody, request.body));
    const resource = deploymentResource(workspace, record, apiVersionOf(request));
    return putReply(workspace, request, reply, { created, operationId: record.operationId, resource });
  });
  app.patch<Route>(ONE, (request, reply) => {
    const { tags, sku } = parseBody(patchBody, request.body);
    const change = { ...(tags && { tags }), ...(sku && { sku }) };
    const operation = service.patch(request.params.endpoint, request.params.deployment, change);
    return accepted(workspace, request, reply, operation);
  });
  app.delete<Route>(ONE, (request, reply) =>
    accepted(workspace, request, reply, service.delete(request.params.endpoint, request.params.deployment)),
  );
  app.post<Route>(`${ONE}/getLogs`, (request) => {
    const { endpoint, name } = service.get(request.params.endpoint, request.params.deployment);
    const { containerType, tail } = parseBody(logsBody, request.body ?? {});
    const logs = fleet.logs(endpoint, name);
    return { content: (containerType === 'StorageInitializer' ? logs.storage : logs.server).tail(tail ?? 100) };
  });
};
