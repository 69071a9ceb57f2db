import type { AnyRoute } from '../../shared/platform/http/route.ts';
import { defineRoute } from '../../shared/platform/http/route.ts';
import type { Services } from '../services.ts';
import { endpointRoutes } from './api-endpoints.ts';
import { eventRoutes } from './api-events.ts';
import { lineageRoutes } from './api-lineage.ts';
import { modelRoutes } from './api-models.ts';
import { monitorRoutes } from './api-monitors.ts';
import { notifyRoutes } from './api-notify.ts';
import { originRoutes } from './api-origins.ts';
import { policyRoutes } from './api-policies.ts';
import { rolloutRoutes } from './api-rollouts.ts';
import { tokenRoutes } from './api-tokens.ts';
import { webhookRoutes } from './api-webhooks.ts';
import { openApi } from './openapi.ts';

/** Every route of our own API but its description. */
const described: readonly AnyRoute<Services>[] = [
  ...modelRoutes,
  ...lineageRoutes,
  ...rolloutRoutes,
  ...endpointRoutes,
  ...policyRoutes,
  ...monitorRoutes,
  ...notifyRoutes,
  ...webhookRoutes,
  ...originRoutes,
  ...eventRoutes,
  ...tokenRoutes,
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
