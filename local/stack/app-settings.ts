import type { Python } from '../python/find-pythons.ts';
import type { Credentials } from './credentials.ts';
import { sha256Hex } from './credentials.ts';
import type { Ports } from './ports.ts';

export interface StackAccess {
  /** True when clients must show the access token. */
  readonly auth: boolean;
  readonly allowPrivateEgress: boolean;
  /** Where images go; without one, into an OCI layout in Blob Storage. */
  readonly registry?: StackRegistry;
}

export interface StackRegistry {
  /** As in `http://127.0.0.1:5000/team`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** ARM id of the embedded Azure ML workspace. */
export const WORKSPACE_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/embedded/providers/Microsoft.MachineLearningServices/workspaces/embedded';

/** ARM id of our custom topic on the embedded stack. */
export const TOPIC_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/embedded/providers/Microsoft.EventGrid/topics/slipway';

/** ARM id of the system topic that carries the workspace's events. */
export const SYSTEM_TOPIC_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/embedded/providers/Microsoft.EventGrid/systemTopics/machine-learning';

/** ARM id of the function app, as subscriptions name it. */
export const SITE_ID =
  '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/embedded/providers/Microsoft.Web/sites/slipway';

/** Registry part of image references on the embedded stack, where images are an OCI layout in Blob Storage. */
const IMAGE_REGISTRY = 'images.embedded';

const at = (port: number, path = ''): string => `http://127.0.0.1:${port}${path}`;

/** What the settings are made of. */
export interface SettingsSource {
  readonly ports: Ports;
  readonly credentials: Credentials;
  readonly storageConnectionString: string;
  readonly blobEndpoint: string;
  readonly queueEndpoint: string;
  /** Of this machine: what models of Python flavours can be served with. */
  readonly pythons: readonly Python[];
  readonly wheels: WheelSettings;
}

/** Where the packages of Python models come from. */
export interface WheelSettings {
  /** Folder of those that were fetched. */
  readonly WHEEL_CACHE: string;
  readonly PYTHON_INDEX_URL?: string;
  readonly WHEELHOUSE?: string;
  readonly UV_PATH?: string;
}

/** The app settings of the Functions host: the same names as in Azure, with keys where Azure has managed identity. */
export const appSettings = (
  { ports, credentials, storageConnectionString, blobEndpoint, queueEndpoint, pythons, wheels }: SettingsSource,
  access: StackAccess,
): Record<string, string> => ({
  FUNCTIONS_WORKER_RUNTIME: 'node',
  AzureWebJobsStorage: storageConnectionString,
  COSMOS: `AccountEndpoint=${at(ports.cosmos)};AccountKey=${credentials.cosmosKey}`,
  COSMOS_ENDPOINT: at(ports.cosmos),
  COSMOS_KEY: credentials.cosmosKey,
  BLOB_ENDPOINT: blobEndpoint,
  QUEUE_ENDPOINT: queueEndpoint,
  STORAGE_CONNECTION_STRING: storageConnectionString,
  EVENT_GRID_TOPIC_ENDPOINT: at(ports.azure, '/topics/slipway/api/events'),
  EVENT_GRID_TOPIC_KEY: credentials.topicKey,
  EVENT_SOURCE: '/slipway/embedded',
  ARM_ENDPOINT: at(ports.azure),
  ARM_TOKEN: credentials.armToken,
  AZURE_ML_WORKSPACE_ID: WORKSPACE_ID,
  AZURE_LOCATION: 'embedded',
  ...imageSettings(access.registry),
  PYTHON_VERSIONS: pythons.length === 0 ? 'none' : pythons.map(({ minor }) => minor).join(','),
  ...wheels,
  CONVERTER_URL: at(ports.azure, '/converter'),
  CONVERTER_KEY: credentials.armToken,
  METRICS_GRANULARITY: 'PT1S',
  RELAY_POLL_MS: '100',
  SECRETS_KEY: credentials.secretsKey,
  PUBLIC_URL: at(ports.host),
  ACCESS: access.auth ? 'token' : 'open',
  ...(access.auth ? { ACCESS_TOKEN_SHA256: sha256Hex(credentials.accessToken) } : {}),
  PRIVATE_EGRESS: access.allowPrivateEgress ? 'allow' : 'refuse',
});

const imageSettings = (registry: StackRegistry | undefined): Record<string, string> =>
  registry === undefined
    ? { IMAGE_STORE: 'layout', IMAGE_REGISTRY }
    : {
        IMAGE_STORE: 'registry',
        IMAGE_REGISTRY: registry.url,
        ...(registry.username === undefined ? {} : { IMAGE_REGISTRY_USERNAME: registry.username }),
        ...(registry.password === undefined ? {} : { IMAGE_REGISTRY_PASSWORD: registry.password }),
      };
