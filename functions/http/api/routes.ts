import type { AnyRoute } from '../../../shared/platform/http/route.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import type { Services } from '../../services.ts';
import { endpointRoutes } from './endpoints.ts';
import { environmentRoutes } from './environments.ts';
import { eventRoutes } from './events.ts';
import { lineageRoutes } from './lineage.ts';
import { modelReportRoutes } from './model-reports.ts';
import { modelRoutes } from './models.ts';
import { monitorRoutes } from './monitors.ts';
import { notifyRoutes } from './notify.ts';
import { openApi } from './openapi.ts';
import { originRoutes } from './origins.ts';
import { packageRoutes } from './packages.ts';
import { policyRoutes } from './policies.ts';
import { rolloutRoutes } from './rollouts.ts';
import { tokenRoutes } from './tokens.ts';
import { webhookRoutes } from './webhooks.ts';

/** Every route of our own API but its description. */
const described: readonly AnyRoute<Services>[] = [
  ...modelRoutes,
  ...modelReportRoutes,
  ...lineageRoutes,
  ...packageRoutes,
  ...environmentRoutes,
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
