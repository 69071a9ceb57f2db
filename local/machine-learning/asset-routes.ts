import type { FastifyInstance, FastifyRequest } from 'fastify';
import type * as z from 'zod';
import { notFound, userError } from './arm-error.ts';
import { assetResource } from './arm-resources.ts';
import { listReply, parseBody, WORKSPACE_PATH } from './arm-routes.ts';
import type { FileStore } from './file-store.ts';
import { ASSET_NAME, type AssetRecord, environmentBody, modelBody } from './records.ts';
import { assetKey, type Workspace } from './workspace.ts';

interface Route {
  Params: { name: string; version: string };
}

interface Assets {
  readonly kind: 'models' | 'environments';
  readonly store: FileStore<AssetRecord>;
  readonly schema: z.ZodType<AssetRecord['body']>;
  readonly onCreated: (record: AssetRecord) => void | Promise<void>;
}

/** ARM routes of models and environments, which are versioned and take effect at once. */
export const registerAssetRoutes = (app: FastifyInstance, workspace: Workspace): void => {
  registerAssets(app, workspace, {
    kind: 'environments',
    store: workspace.environments,
    schema: environmentBody,
    onCreated: () => undefined,
  });
  registerAssets(app, workspace, {
    kind: 'models',
    store: workspace.models,
    schema: modelBody,
    onCreated: ({ name, version, body }) =>
      workspace.emit('ModelRegistered', `models/${name}:${version}`, {
        ModelName: name,
        ModelVersion: version,
        ModelTags: body.properties['tags'] ?? {},
        ModelProperties: body.properties['properties'] ?? {},
      }),
  });
};

const registerAssets = (app: FastifyInstance, workspace: Workspace, assets: Assets): void => {
  const { kind, store } = assets;
  const versions = `${WORKSPACE_PATH}/${kind}/:name/versions`;
  app.get(`${WORKSPACE_PATH}/${kind}`, (request) => {
    const byName = Map.groupBy(store.all(), ({ name }) => name);
    const containers = [...byName].map(([name, records]) => container(workspace, kind, name, records));
    return listReply(workspace, request, containers, 'count');
  });
  app.get<Route>(versions, (request) => {
    const found = wanted(
      request,
      store.all().filter(({ name }) => name === request.params.name),
    );
    return listReply(
      workspace,
      request,
      found.map((each) => assetResource(workspace, kind, each)),
      '$top',
    );
  });
  app.get<Route>(`${versions}/:version`, ({ params }) => {
    const record = store.get(assetKey(params.name, params.version));
    if (record === undefined) throw notFound(`${kind}/${params.name}:${params.version}`);
    return assetResource(workspace, kind, record);
  });
  app.put<Route>(`${versions}/:version`, async (request, reply) => {
    const { name, version } = request.params;
    if (!ASSET_NAME.test(name)) throw userError('InvalidAssetName', `'${name}' is not a valid name.`);
    const body = parseBody(assets.schema, request.body);
    const before = store.get(assetKey(name, version));
    const now = workspace.clock();
    const record = { name, version, body, createdAt: before?.createdAt ?? now, modifiedAt: now };
    store.put(assetKey(name, version), record);
    if (before === undefined) await assets.onCreated(record);
    return reply.code(before ? 200 : 201).send(assetResource(workspace, kind, record));
  });
  app.delete<Route>(`${versions}/:version`, ({ params }, reply) => {
    const id = `/${kind}/${params.name}/versions/${params.version}`;
    const user = workspace.deployments.all().find(({ body }) => body.properties.model?.endsWith(id));
    if (user) throw userError('ModelInUse', `It is used by the deployment '${user.endpoint}/${user.name}'.`);
    const existed = store.get(assetKey(params.name, params.version)) !== undefined;
    store.delete(assetKey(params.name, params.version));
    return reply.code(existed ? 200 : 204).send();
  });
};

const container = (
  workspace: Workspace,
  kind: string,
  name: string,
  records: readonly AssetRecord[],
): Record<string, unknown> => {
  const latestVersion = records.toSorted((a, b) => a.createdAt - b.createdAt).at(-1)?.version;
  const numbers = records.map(({ version }) => Number(version)).filter(Number.isInteger);
  const nextVersion = String(Math.max(0, ...numbers) + 1);
  return {
    id: `${workspace.options.workspaceId}/${kind}/${name}`,
    name,
    type: `Microsoft.MachineLearningServices/workspaces/${kind}`,
    properties: { latestVersion, nextVersion, isArchived: false },
  };
};

/** Newest first unless asked otherwise; archived ones only when asked for. */
const wanted = (request: FastifyRequest, records: readonly AssetRecord[]): AssetRecord[] => {
  const query = request.query as Record<string, string | undefined>;
  const view = query['listViewType'] ?? 'ActiveOnly';
  const direction = query['$orderBy']?.toLowerCase() === 'createdtime asc' ? 1 : -1;
  return records
    .filter(({ body }) => view === 'All' || (body.properties['isArchived'] === true) === (view === 'ArchivedOnly'))
    .filter(({ version }) => query['version'] === undefined || version === query['version'])
    .toSorted((a, b) => direction * (a.createdAt - b.createdAt));
};
