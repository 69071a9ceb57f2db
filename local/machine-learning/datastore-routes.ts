import type { FastifyInstance } from 'fastify';
import { notFound } from './arm-error.ts';
import { WORKSPACE_PATH } from './arm-routes.ts';
import type { Datastore } from './options.ts';
import type { Workspace } from './workspace.ts';

const DEFAULT_DATASTORE = 'workspaceblobstore';
const DEFAULTS: Readonly<Record<string, Datastore>> = {
  [DEFAULT_DATASTORE]: { accountName: 'devstoreaccount1', containerName: DEFAULT_DATASTORE },
  workspaceartifactstore: { accountName: 'devstoreaccount1', containerName: 'artifacts' },
};

/** ARM routes that say which blob container a datastore is. */
export const registerDatastoreRoutes = (app: FastifyInstance, workspace: Workspace): void => {
  const datastores = { ...DEFAULTS, ...workspace.options.datastores };
  app.get(`${WORKSPACE_PATH}/datastores`, (request) => {
    const { isDefault } = request.query as { isDefault?: string };
    const wanted = (name: string): boolean =>
      isDefault === undefined || (name === DEFAULT_DATASTORE) === (isDefault.toLowerCase() === 'true');
    const found = Object.entries(datastores).filter(([name]) => wanted(name));
    return { value: found.map(([name, datastore]) => resource(workspace, name, datastore)) };
  });
  app.get<{ Params: { name: string } }>(`${WORKSPACE_PATH}/datastores/:name`, ({ params }) => {
    const datastore = datastores[params.name];
    if (datastore === undefined) throw notFound(`The datastore '${params.name}'`);
    return resource(workspace, params.name, datastore);
  });
};

const resource = (workspace: Workspace, name: string, datastore: Datastore): Record<string, unknown> => ({
  id: `${workspace.options.workspaceId}/datastores/${name}`,
  name,
  type: 'Microsoft.MachineLearningServices/workspaces/datastores',
  properties: {
    datastoreType: 'AzureBlob',
    isDefault: name === DEFAULT_DATASTORE,
    ...datastore,
    endpoint: 'core.windows.net',
    protocol: 'https',
    credentials: { credentialsType: 'None' },
  },
});
