import type { AnyRoute } from '../../../shared/platform/http/route.ts';
import { aliasCalls } from './aliases.ts';
import { signedRoutes, transferRoutes } from './artifact-transfers.ts';
import { artifactRoutes } from './artifacts.ts';
import { experimentCalls } from './experiments.ts';
import { graphqlRoute } from './graphql.ts';
import { healthRoutes } from './health.ts';
import { loggedModelCalls } from './logged-models.ts';
import { metricCalls } from './metrics.ts';
import { modelVersionCalls } from './model-versions.ts';
import { ownedArtifactCalls, ownedArtifactRoutes } from './owned-artifacts.ts';
import { registeredModelCalls } from './registered-models.ts';
import { mounted } from './route.ts';
import { runCalls } from './runs.ts';
import { serverInfoRoutes } from './server-info.ts';
import type { MlflowServices } from './services.ts';
import { uiCalls } from './ui.ts';
import { webhookCalls } from './webhooks.ts';

/** Every route of the MLflow API: its registry, its tracking server and its artifact store. */
export const mlflowRoutes: readonly AnyRoute<MlflowServices>[] = [
  ...[
    ...registeredModelCalls,
    ...aliasCalls,
    ...modelVersionCalls,
    ...experimentCalls,
    ...runCalls,
    ...metricCalls,
    ...loggedModelCalls,
    ...webhookCalls,
    ...uiCalls,
    ...ownedArtifactCalls,
    ...artifactRoutes,
    ...transferRoutes,
  ].flatMap(mounted),
  ...signedRoutes,
  ...ownedArtifactRoutes,
  ...serverInfoRoutes,
  graphqlRoute,
  ...healthRoutes,
];
