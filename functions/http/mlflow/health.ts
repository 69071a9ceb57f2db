import type { AnyRoute } from '../../../shared/platform/http/route.ts';
import { defineRoute } from '../../../shared/platform/http/route.ts';
import type { MlflowServices } from './services.ts';

/** The MLflow release whose API this is; clients compare it with their own. */
const MLFLOW_VERSION = '3.6.0';

const common = { method: 'GET', access: 'public', dialect: 'mlflow' } as const;

/** What clients ask to see whether a server is there. */
export const healthRoutes: readonly AnyRoute<MlflowServices>[] = [
  defineRoute<MlflowServices>()({
    ...common,
    name: 'mlflow-health',
    path: 'health',
    summary: 'Say that the server is there',
    handle: async () => ({ headers: { 'Content-Type': 'text/html; charset=utf-8' }, text: 'OK' }),
  }),
  defineRoute<MlflowServices>()({
    ...common,
    name: 'mlflow-version',
    path: 'version',
    summary: 'The MLflow version of this API',
    handle: async () => ({ headers: { 'Content-Type': 'text/plain; charset=utf-8' }, text: MLFLOW_VERSION }),
  }),
];
