import * as z from 'zod';
import { type AnyRoute, defineRoute } from '../../../shared/platform/http/route.ts';
import type { MlflowServices } from './services.ts';

/** What newer clients ask before they transfer files. */
const SERVER_INFO = {
  // Not on the client's disk: that is all clients want to know of it.
  store_type: 'SqlStore',
  workspaces_enabled: false,
  multipart_uploads_enabled: true,
  multipart_downloads_enabled: true,
} as const;

const at = (name: string, path: string): AnyRoute<MlflowServices> =>
  defineRoute<MlflowServices>()({
    name,
    method: 'GET',
    path,
    access: 'public',
    dialect: 'mlflow',
    summary: 'What this server can do beyond the oldest API',
    output: z.object({
      store_type: z.string(),
      workspaces_enabled: z.boolean(),
      multipart_uploads_enabled: z.boolean(),
      multipart_downloads_enabled: z.boolean(),
    }),
    handle: async () => ({ json: SERVER_INFO }),
  });

/** Clients ask it before they log in, as they ask `version`. */
export const serverInfoRoutes: readonly AnyRoute<MlflowServices>[] = [
  at('mlflow-server-info', 'api/3.0/mlflow/server-info'),
  at('mlflow-ajax-server-info', 'ajax-api/3.0/mlflow/server-info'),
];
