import type { AnyRoute } from '../../shared/platform/http/route.ts';
import { aliasCalls } from './mlflow-aliases.ts';
import { artifactRoutes, versionArtifactRoute } from './mlflow-artifacts.ts';
import { healthRoutes } from './mlflow-health.ts';
import { modelVersionCalls } from './mlflow-model-versions.ts';
import { registeredModelCalls } from './mlflow-registered-models.ts';
import { mounted } from './mlflow-route.ts';
import type { MlflowServices } from './mlflow-services.ts';

/** Every route of the MLflow registry and its artifact store. */
export const mlflowRoutes: readonly AnyRoute<MlflowServices>[] = [
  ...[...registeredModelCalls, ...aliasCalls, ...modelVersionCalls, ...artifactRoutes].flatMap(mounted),
  versionArtifactRoute,
  ...healthRoutes,
];
