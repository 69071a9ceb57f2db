import type { AnyRoute } from '../../shared/platform/http/route.ts';
import { defineRoute } from '../../shared/platform/http/route.ts';
import type { Services } from '../services.ts';
import { endpointRoutes } from './api-endpoints.ts';
import { eventRoutes } from './api-events.ts';
import { modelRoutes } from './api-models.ts';
import { monitorRoutes } from './api-monitors.ts';
import { notifyRoutes } from './api-notify.ts';
import { policyRoutes } from './api-policies.ts';
import { rolloutRoutes } from './api-rollouts.ts';
import { openApi } from './openapi.ts';

/** Every route of our own API but its description. */
const described: readonly AnyRoute<Services>[] = [
  ...modelRoutes,
  ...rolloutRoutes,
  ...endpointRoutes,
  ...policyRoutes,
  ...monitorRoutes,
  ...notifyRoutes,
  ...eventRoutes,
];

const description = defineRoute<Services>()({
  name: 'api-openapi',
  method: 'GET',
  path: 'api/openapi.json',
  access: 'public',
  dialect: 'slipway',
  summary: 'This description.',
  async handle(_, { publicUrl }) {
    return { json: openApi(described, publicUrl) };
  },
});

export const apiRoutes: readonly AnyRoute<Services>[] = [...described, description];
