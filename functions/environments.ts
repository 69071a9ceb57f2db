import { webhookHeaders } from '../shared/notify/sign-webhook.ts';
import type { BuildEnvironmentServices } from '../shared/packaging/environment/build-environment.ts';
import { createImageBuilder } from '../shared/packaging/environment/create-image-builder.ts';
import type { EnvironmentBuilder } from '../shared/packaging/environment/environment-builder.ts';
import { createEnvironmentStore } from '../shared/packaging/environment/environment-store.ts';
import { createTasksBuilder } from '../shared/packaging/environment/pip/create-tasks-builder.ts';
import type { RegistryTasks } from '../shared/packaging/environment/pip/registry-tasks.ts';
import { createWebhookBuilder } from '../shared/packaging/environment/webhook/create-webhook-builder.ts';
import { createWheelsBuilder } from '../shared/packaging/environment/wheels/create-wheels-builder.ts';
import { createHttpIndex } from '../shared/packaging/environment/wheels/http-index.ts';
import { createBlobWheelCache, createFolderWheelCache } from '../shared/packaging/environment/wheels/wheel-cache.ts';
import type { WheelIndex } from '../shared/packaging/environment/wheels/wheel-index.ts';
import { createBlobWheelhouse, createFolderWheelhouse } from '../shared/packaging/environment/wheels/wheelhouse.ts';
import { createFolderFiles } from '../shared/packaging/files/folder-files.ts';
import { imageReference } from '../shared/packaging/image/image-name.ts';
import type { LayerServices } from '../shared/packaging/image/store-layers.ts';
import type { Blobs } from '../shared/platform/blobs.ts';
import { type Config, isLoopback } from '../shared/platform/config.ts';
import type { Documents } from '../shared/platform/documents.ts';
import { SlipwayError } from '../shared/platform/errors.ts';
import { createEgress, type Egress } from '../shared/platform/http/egress.ts';
import type { Logger } from '../shared/platform/logging.ts';
import type { Clock } from '../shared/platform/time.ts';

interface Parts extends LayerServices {
  readonly documents: Documents;
  readonly blobs: Blobs;
  readonly registryTasks: RegistryTasks | undefined;
  readonly egress: Egress;
  readonly clock: Clock;
  readonly log: Logger;
}

type EnvironmentServices = Pick<BuildEnvironmentServices, 'environments' | 'environmentBuilder' | 'packageIndex'> & {
  readonly secretsKey: string;
};

/** Python environments, and the builder that the settings name. */
export const environmentServices = (config: Config, parts: Parts): EnvironmentServices => {
  const base = {
    environments: createEnvironmentStore(parts.documents),
    environmentBuilder: builderOf(config, parts),
    secretsKey: config.SECRETS_KEY,
  };
  // The other builders see every wheel themselves, or need none.
  const asks = config.ENVIRONMENT_BUILDER === 'acr-tasks' || config.ENVIRONMENT_BUILDER === 'webhook';
  return asks ? { ...base, packageIndex: indexOf(config, parts) } : base;
};

const builderOf = (config: Config, parts: Parts): EnvironmentBuilder => {
  const bases = config.ENVIRONMENT_IMAGES;
  const server = createFolderFiles(config.PYTHON_SERVER_DIR);
  const { images, clock } = parts;
  switch (config.ENVIRONMENT_BUILDER) {
    case 'wheels':
      return wheelsBuilder(config, parts);
    case 'acr-tasks':
      return createTasksBuilder({
        tasks: given('CONTAINER_REGISTRY_ID', parts.registryTasks),
        images,
        server,
        bases,
        indexUrl: config.PYTHON_INDEX_URL,
        ...(config.TASKS_AGENT_POOL === undefined ? {} : { agentPool: config.TASKS_AGENT_POOL }),
        clock,
      });
    case 'webhook': {
      const secret = given('ENVIRONMENT_WEBHOOK_SECRET', config.ENVIRONMENT_WEBHOOK_SECRET);
      return createWebhookBuilder({
        url: given('ENVIRONMENT_WEBHOOK_URL', config.ENVIRONMENT_WEBHOOK_URL),
        sign: (id, timestamp, body) => webhookHeaders(id, timestamp, body, secret),
        bases,
        conda: config.ENVIRONMENT_WEBHOOK_CONDA === 'yes',
        template: config.ENVIRONMENT_WEBHOOK_TEMPLATE,
        egress: parts.egress,
        secretsKey: config.SECRETS_KEY,
        publicUrl: config.PUBLIC_URL,
        registry: images.registry,
        clock,
      });
    }
    case 'image':
      return createImageBuilder({ images, bases });
    default:
      return config.ENVIRONMENT_BUILDER satisfies never;
  }
};

const wheelsBuilder = (config: Config, parts: Parts): EnvironmentBuilder => {
  const { images, layerFacts, blobs, egress, clock, log } = parts;
  const bases = config.ENVIRONMENT_IMAGES;
  return createWheelsBuilder({
    images,
    layerFacts,
    cache: config.WHEEL_CACHE === undefined ? createBlobWheelCache(blobs) : createFolderWheelCache(config.WHEEL_CACHE),
    index: indexOf(config, parts),
    // A wheelhouse is for networks that reach no index.
    ...(config.WHEELHOUSE === undefined ? { egress } : {}),
    server: createFolderFiles(config.PYTHON_SERVER_DIR),
    pythons: servableMinors(config),
    ...(config.UV_PATH === undefined ? {} : { uvPath: config.UV_PATH }),
    ...(Object.keys(bases).length === 0 ? {} : { base: (python: string) => baseOf(bases, python, images.registry) }),
    encoding: config.LAYER_ENCODING,
    clock,
    log,
  });
};

/** Those with an image to build on; without images all, but only where the machine that serves brings its own Python. */
const servableMinors = ({ ENVIRONMENT_IMAGES: bases, PYTHON_VERSIONS: minors, PUBLIC_URL }: Config) => {
  if (Object.keys(bases).length > 0) return minors.filter((minor) => Object.hasOwn(bases, minor));
  return isLoopback(PUBLIC_URL) ? minors : [];
};

const baseOf = (bases: Readonly<Record<string, string>>, python: string, registry: string) => {
  const image = bases[python];
  if (image === undefined) {
    const message = `ENVIRONMENT_IMAGES names no image for Python ${python}, which PYTHON_VERSIONS says can be served`;
    throw new SlipwayError('INVALID_STATE', message);
  }
  return imageReference(image, registry);
};

const indexOf = ({ WHEELHOUSE: wheelhouse, PYTHON_INDEX_URL: url }: Config, { blobs }: Parts): WheelIndex => {
  if (wheelhouse === 'blobs') return createBlobWheelhouse(blobs);
  if (wheelhouse !== undefined) return createFolderWheelhouse(wheelhouse);
  // Whoever runs the app chose this index, wherever it is; what models name themselves goes the guarded way.
  return createHttpIndex({ url, egress: createEgress('allow') });
};

/** The settings were checked before: this is for the compiler. */
const given = <Value>(name: string, value: Value | undefined): Value => {
  if (value !== undefined) return value;
  throw new SlipwayError('INVALID_STATE', `${name} must be set`);
};
