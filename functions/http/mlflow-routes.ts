import type { AnyRoute } from '../../shared/platform/http/route.ts';
import { aliasCalls } from './mlflow-aliases.ts';
import { signedRoutes, transferRoutes } from './mlflow-artifact-transfers.ts';
import { artifactRoutes } from './mlflow-artifacts.ts';
import { experimentCalls } from './mlflow-experiments.ts';
import { graphqlRoute } from './mlflow-graphql.ts';
import { healthRoutes } from './mlflow-health.ts';
import { loggedModelCalls } from './mlflow-logged-models.ts';
import { metricCalls } from './mlflow-metrics.ts';
import { modelVersionCalls } from './mlflow-model-versions.ts';
import { ownedArtifactCalls, ownedArtifactRoutes } from './mlflow-owned-artifacts.ts';
import { registeredModelCalls } from './mlflow-registered-models.ts';
import { mounted } from './mlflow-route.ts';
import { runCalls } from './mlflow-runs.ts';
import { serverInfoRoutes } from './mlflow-server-info.ts';
import type { MlflowServices } from './mlflow-services.ts';
import { uiCalls } from './mlflow-ui.ts';
import { webhookCalls } from './mlflow-webhooks.ts';

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
