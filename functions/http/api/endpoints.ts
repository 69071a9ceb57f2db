import * as z from 'zod';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import type { EndpointRecord } from '../../../shared/rollout/rollout.ts';
import type { RolloutServices } from '../../../shared/rollout/services.ts';
import { endpointView, toEndpointView } from './rollout-views.ts';
import { mayReadAny, requireAny, valuesOf, visiblePage } from './visible.ts';

/** Models that an endpoint has served or is about to. */
const modelsOn = ({ stable, pending, deployments }: EndpointRecord): readonly (string | undefined)[] => [
  stable?.model,
  pending?.model,
  ...deployments.map(({ model }) => model?.name),
];

const route = defineRoute<Pick<RolloutServices, 'rollouts'>>();
const common = { dialect: 'slipway' } as const;

const list = route({
  ...common,
  name: 'api-endpoints-list',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/endpoints',
  summary: 'Endpoints that rollouts work on, by name.',
  query: z.object({
    cursor: z.string().optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  output: z.object({ items: z.array(endpointView), next: z.string().optional() }),
  async handle({ query: { cursor, limit } }, { rollouts }, { caller }) {
    const { items, next } = await visiblePage(
      (continuation) =>
        valuesOf(rollouts.listEndpoints({ limit, ...(continuation === undefined ? {} : { continuation }) })),
      cursor,
      (record) => mayReadAny(caller, modelsOn(record)),
    );
    return { json: { items: items.map(toEndpointView), next } };
  },
});

const get = route({
  ...common,
  name: 'api-endpoints-get',
  method: 'GET',
  access: 'reader',
  path: 'api/v1/endpoints/{name}',
  summary: 'One endpoint: what is stable, who has it, who is next, and how its deployments are.',
  params: z.object({ name: z.string().min(1).max(32) }),
  output: endpointView,
  async handle({ params: { name } }, { rollouts }, { caller }) {
    const stored = await rollouts.readEndpoint(name);
    if (stored === undefined) {
      throw new SlipwayError('RESOURCE_DOES_NOT_EXIST', `endpoint '${name}' does not exist`, { details: { name } });
    }
    requireAny(caller, modelsOn(stored.value));
    return { headers: { ETag: `"${stored.value.rev}"` }, json: toEndpointView(stored.value) };
  },
});

export const endpointRoutes = [list, get];
