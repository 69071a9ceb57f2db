import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import * as z from 'zod';
import { endpointResource } from './arm-resources.ts';
import { accepted, apiVersionOf, listReply, parseBody, putReply, WORKSPACE_PATH } from './arm-routes.ts';
import type { EndpointService } from './endpoint-service.ts';
import { LaggingReads } from './lagging-reads.ts';
import { endpointBody } from './records.ts';
import { endpointKey, type Workspace } from './workspace.ts';

const PATH = `${WORKSPACE_PATH}/onlineEndpoints`;
const ONE = `${PATH}/:endpoint`;

interface Route {
  Params: { endpoint: string };
}

const patchBody = z.object({
  tags: z.record(z.string(), z.string()).optional(),
  identity: z.looseObject({ type: z.string() }).optional(),
});
const regenerateBody = z.object({ keyType: z.enum(['Primary', 'Secondary']), keyValue: z.string().nullish() });

/** ARM routes of online endpoints. */
export const registerEndpointRoutes = (app: FastifyInstance, workspace: Workspace, service: EndpointService): void => {
  const reads = new LaggingReads(workspace);
  app.get(PATH, (request) => {
    const { name } = request.query as { name?: string };
    const found = workspace.endpoints.all().filter((each) => name === undefined || each.name === name);
    const resources = found.map((each) => endpointResource(workspace, each, apiVersionOf(request)));
    return listReply(workspace, request, resources, 'count');
  });
  app.get<Route>(ONE, (request) =>
    endpointResource(workspace, reads.see(service.get(request.params.endpoint)), apiVersionOf(request)),
  );
  app.put<Route>(ONE, async (request, reply) => {
    const { endpoint } = request.params;
    const wish = parseBody(endpointBody, request.body);
    // Goes on when the caller has hung up: that is the point of it.
    await sleep(workspace.faults.settings.putApplyDelayMs ?? 0);
    const before = workspace.endpoints.get(endpointKey(endpoint));
    if (before) reads.remember(before);
    const { created, record } = service.put(endpoint, wish);
    const resource = endpointResource(workspace, record, apiVersionOf(request));
    return putReply(workspace, request, reply, { created, operationId: record.operationId, resource });
  });
  app.patch<Route>(ONE, (request, reply) => {
    const { tags, identity } = parseBody(patchBody, request.body);
    const change = { ...(tags && { tags }), ...(identity && { identity }) };
    return accepted(workspace, request, reply, service.patch(request.params.endpoint, change));
  });
  app.delete<Route>(ONE, (request, reply) =>
    accepted(workspace, request, reply, service.delete(request.params.endpoint)),
  );
  app.post<Route>(`${ONE}/listKeys`, (request) => service.get(request.params.endpoint).keys);
  app.post<Route>(`${ONE}/regenerateKeys`, (request, reply) => {
    const { keyType, keyValue } = parseBody(regenerateBody, request.body);
    const which = keyType === 'Primary' ? 'primaryKey' : 'secondaryKey';
    const operation = service.regenerateKey(request.params.endpoint, which, keyValue ?? undefined);
    return accepted(workspace, request, reply, operation);
  });
};
