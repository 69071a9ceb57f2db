import { epochMs, toIso } from '../../shared/platform/time.ts';
import { statusUrl } from './operations.ts';
import type { AssetRecord, DeploymentRecord, EndpointRecord } from './records.ts';
import type { Workspace } from './workspace.ts';

const PROVIDER = 'Microsoft.MachineLearningServices/workspaces';
const SYSTEM_PROPERTIES = [
  'AzureAsyncOperationUri',
  'azureml.onlineendpointid',
  'createdBy',
  'createdAt',
  'lastModifiedAt',
];

interface ResourceProperties {
  readonly properties: Record<string, string>;
  readonly [name: string]: unknown;
}

/** Properties of a PUT without those that the service adds on reads, so that GET → modify → PUT keeps nothing stale. */
export const withoutReadOnly = <T extends ResourceProperties>(properties: T): T => {
  const own = Object.entries(properties.properties).filter(([name]) => !SYSTEM_PROPERTIES.includes(name));
  const kept = { ...properties, properties: Object.fromEntries(own) };
  for (const name of ['scoringUri', 'swaggerUri', 'provisioningState']) Reflect.deleteProperty(kept, name);
  return kept;
};

/** An endpoint as ARM shows it. */
export const endpointResource = (
  workspace: Workspace,
  { name, body, state, ...record }: EndpointRecord,
  apiVersion: string,
): Record<string, unknown> => {
  const base = `${workspace.options.publicUrl}/endpoints/${name}`;
  return {
    ...head(workspace, `onlineEndpoints/${name}`, 'onlineEndpoints', record),
    ...body,
    name,
    kind: body.kind ?? 'Managed',
    properties: {
      ...body.properties,
      keys: null,
      properties: {
        ...body.properties.properties,
        ...systemProperties(workspace, record, apiVersion),
        'azureml.onlineendpointid': record.guid,
      },
      scoringUri: `${base}/score`,
      swaggerUri: `${base}/swagger.json`,
      provisioningState: state,
    },
  };
};

/** A deployment as ARM shows it. */
export const deploymentResource = (
  workspace: Workspace,
  { name, endpoint, body, state, ...record }: DeploymentRecord,
  apiVersion: string,
): Record<string, unknown> => ({
  ...head(workspace, `onlineEndpoints/${endpoint}/deployments/${name}`, 'onlineEndpoints/deployments', record),
  ...body,
  name,
  properties: {
    ...body.properties,
    properties: { ...body.properties.properties, ...systemProperties(workspace, record, apiVersion) },
    provisioningState: state,
  },
});

/** One version of a model or an environment as ARM shows it. */
export const assetResource = (
  workspace: Workspace,
  kind: 'models' | 'environments',
  { name, version, body, ...record }: AssetRecord,
): Record<string, unknown> => ({
  ...head(workspace, `${kind}/${name}/versions/${version}`, `${kind}/versions`, record),
  name: version,
  properties: {
    ...body.properties,
    ...(kind === 'environments' && { environmentType: 'UserCreated' }),
    provisioningState: 'Succeeded',
  },
});

interface Stamps {
  readonly createdAt: number;
  readonly modifiedAt: number;
}

const head = (workspace: Workspace, path: string, type: string, stamps: Stamps): Record<string, unknown> => ({
  id: `${workspace.options.workspaceId}/${path}`,
  name: path.slice(path.lastIndexOf('/') + 1),
  type: `${PROVIDER}/${type}`,
  systemData: {
    createdAt: toIso(epochMs(stamps.createdAt)),
    createdByType: 'Application',
    lastModifiedAt: toIso(epochMs(stamps.modifiedAt)),
  },
});

const systemProperties = (
  workspace: Workspace,
  record: Stamps & { readonly operationId: string },
  apiVersion: string,
): Record<string, string> => ({
  AzureAsyncOperationUri: statusUrl(workspace, record.operationId, apiVersion),
  createdAt: toIso(epochMs(record.createdAt)),
  lastModifiedAt: toIso(epochMs(record.modifiedAt)),
});
