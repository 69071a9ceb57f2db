import * as z from 'zod';
import {
  type EnsureEnvironmentServices,
  refreshEnvironment,
} from '../../../shared/packaging/environment/ensure-environment.ts';
import type { EnvironmentDocument } from '../../../shared/packaging/environment/environment-document.ts';
import { CALLBACK_HEADER } from '../../../shared/packaging/environment/webhook/create-webhook-builder.ts';
import {
  environmentResult,
  type ReceiveResultServices,
  receiveResult,
} from '../../../shared/packaging/environment/webhook/receive-result.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import { environmentDetail, environmentSummary, toDetail, toSummary } from './environment-views.ts';

export type EnvironmentApiServices = EnsureEnvironmentServices & ReceiveResultServices;

const route = defineRoute<EnvironmentApiServices>();
const common = { dialect: 'slipway' } as const;
const byKey = z.object({ key: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hex digits') });

const list = route({
  ...common,
  name: 'api-environments-list',
  method: 'GET',
  access: 'reader',
  models: 'all',
  path: 'api/v1/environments',
  summary: 'Python environments of models, the last asked for first.',
  query: z.object({
    cursor: z.string().min(1).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.object({ items: z.array(environmentSummary), next: z.string().optional() }),
  async handle({ query: { cursor, limit } }, { environments }) {
    const page = await environments.list({ limit, ...(cursor === undefined ? {} : { continuation: cursor }) });
    return { json: { items: page.items.map(toSummary), next: page.next } };
  },
});

const get = route({
  ...common,
  name: 'api-environments-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/environments/{key}',
  summary: 'A Python environment: what it was asked to hold, what it was resolved to, its image, or why there is none.',
  params: byKey,
  output: environmentDetail,
  handle: async ({ params: { key } }, services) => ({ json: toDetail(await environmentOf(services, key)) }),
});

const refresh = route({
  ...common,
  name: 'api-environments-refresh',
  method: 'POST',
  access: 'operator',
  models: 'all',
  path: 'api/v1/environments/{key}/refresh',
  summary: 'Resolve and build an environment anew; until that is done its image of before serves.',
  params: byKey,
  output: environmentDetail,
  async handle({ params: { key } }, services, { cause }) {
    return { status: 202, json: toDetail(await refreshEnvironment(services, key, cause)) };
  },
});

const result = route({
  ...common,
  name: 'api-environments-result',
  method: 'POST',
  access: 'public',
  path: 'api/v1/environments/{key}/result',
  summary: 'Tell how a build in a pipeline of your own ended, with the token that came with its request.',
  params: byKey,
  body: environmentResult,
  output: environmentSummary,
  async handle({ params: { key }, body }, services, { header, log }) {
    await receiveResult(services, key, { token: header(CALLBACK_HEADER), result: body });
    log.info({ environment: key, status: body.status }, 'a pipeline told how its build ended');
    return { json: toSummary(await environmentOf(services, key)) };
  },
});

const environmentOf = async (
  { environments }: Pick<EnvironmentApiServices, 'environments'>,
  key: string,
): Promise<EnvironmentDocument> => {
  const found = await environments.read(key);
  if (found === undefined) throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `there is no environment '${key}'`);
  return found.value;
};

export const environmentRoutes = [list, get, refresh, result];
