import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { ArmError, armErrorBody, notFound } from './arm-error.ts';
import { operationStatus, resultUrl, statusUrl } from './operations.ts';
import type { OperationRecord } from './records.ts';
import type { Workspace } from './workspace.ts';

export const WORKSPACE_PATH =
  '/subscriptions/:subscription/resourceGroups/:resourceGroup/providers/Microsoft.MachineLearningServices/workspaces/:workspace';
const LOCATION_PATH = '/subscriptions/:subscription/providers/Microsoft.MachineLearningServices/locations/:location';

const OPERATION_TIMEOUT = 'PT1H';

/** Everything that all ARM routes share: bearer token, api-version, the workspace in the path, error bodies. */
export const registerArmRules = (app: FastifyInstance, workspace: Workspace): void => {
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const known = toArmError(error);
    if (known.status === 500) workspace.log('ARM request failed', { error: error.stack ?? error.message });
    return reply.code(known.status).send(armErrorBody(known));
  });
  app.addHook('onRequest', async (request) => {
    if (request.headers.authorization !== `Bearer ${workspace.options.armToken}`) {
      throw new ArmError(401, 'AuthenticationFailed', 'Authentication failed. The access token is missing or invalid.');
    }
    if (!apiVersionOf(request)) {
      const message = 'The api-version query parameter (?api-version=) is required for all requests.';
      throw new ArmError(400, 'MissingApiVersionParameter', message);
    }
    checkWorkspace(request, workspace.options.workspaceId);
  });
  app.get<{ Params: { id: string } }>(`${LOCATION_PATH}/mfeOperationsStatus/:id`, (request) =>
    operationStatus(operation(workspace, request.params.id)),
  );
  app.get<{ Params: { id: string } }>(`${LOCATION_PATH}/mfeOperationResults/:id`, (request, reply) => {
    const record = operation(workspace, request.params.id);
    if (record.error) throw new ArmError(400, record.error.code, record.error.message, record.error.details);
    return record.status === 'InProgress' ? accepted(workspace, request, reply, record) : reply.code(200).send();
  });
};

export const apiVersionOf = (request: FastifyRequest): string =>
  (request.query as Record<string, string | undefined>)['api-version'] ?? '';

/** The body as the schema has it. @throws ArmError 400 that names the first wrong property */
export const parseBody = <T>(schema: z.ZodType<T>, body: unknown): T => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const message = `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}`;
  throw new ArmError(400, 'UserError', message, [{ code: 'BadArgument', message }]);
};

/** Answers a PUT: 201 or 200 with the resource, and where its operation is followed. */
export const putReply = (
  workspace: Workspace,
  request: FastifyRequest,
  reply: FastifyReply,
  { created, operationId, resource }: { created: boolean; operationId: string; resource: unknown },
): FastifyReply =>
  reply
    .code(created ? 201 : 200)
    .header('azure-asyncoperation', statusUrl(workspace, operationId, apiVersionOf(request)))
    .header('x-ms-async-operation-timeout', OPERATION_TIMEOUT)
    .send(resource);

/** Answers PATCH, DELETE and key changes: 202 and where to wait, or 204 when there is nothing to do. */
export const accepted = (
  workspace: Workspace,
  request: FastifyRequest,
  reply: FastifyReply,
  record: OperationRecord | undefined,
): FastifyReply =>
  record === undefined
    ? reply.code(204).send()
    : reply
        .code(202)
        .header('location', resultUrl(workspace, record.id, apiVersionOf(request)))
        .header('retry-after', '1')
        .header('x-ms-async-operation-timeout', OPERATION_TIMEOUT)
        .send();

/** A page of a list with ARM's `nextLink`. */
export const listReply = (
  workspace: Workspace,
  request: FastifyRequest,
  items: readonly unknown[],
  sizeParameter: '$top' | 'count',
): { value: readonly unknown[]; nextLink?: string } => {
  const query = request.query as Record<string, string | undefined>;
  const skip = Number(query['$skip'] ?? 0);
  const size = Number(query[sizeParameter] ?? items.length);
  const value = items.slice(skip, skip + size);
  if (skip + size >= items.length) return { value };
  const next = new URL(request.url, workspace.options.publicUrl);
  next.searchParams.set('$skip', String(skip + size));
  return { value, nextLink: next.href };
};

const operation = (workspace: Workspace, id: string): OperationRecord => {
  const record = workspace.operations.get(id);
  if (record === undefined) throw notFound(`The operation '${id}'`);
  return record;
};

const checkWorkspace = (request: FastifyRequest, workspaceId: string): void => {
  const params = request.params as Record<string, string | undefined>;
  const [, , subscription, , resourceGroup, , , , workspace] = workspaceId.split('/');
  const same = (asked: string | undefined, ours: string | undefined): boolean =>
    asked === undefined || asked.toLowerCase() === ours?.toLowerCase();
  if (!same(params['subscription'], subscription)) {
    throw new ArmError(404, 'SubscriptionNotFound', `The subscription '${params['subscription']}' could not be found.`);
  }
  if (!same(params['resourceGroup'], resourceGroup)) {
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${params['resourceGroup']}' could not be found.`);
  }
  if (!same(params['workspace'], workspace)) throw notFound(`The workspace '${params['workspace']}'`);
};

const toArmError = (error: Error & { statusCode?: number }): ArmError => {
  if (error instanceof ArmError) return error;
  const status = error.statusCode ?? 500;
  return new ArmError(status, status < 500 ? 'BadRequest' : 'InternalServerError', error.message);
};
