import * as z from 'zod';

const PROVISIONING_STATES = ['Creating', 'Updating', 'Deleting', 'Succeeded', 'Failed', 'Canceled'] as const;
const provisioningState = z.enum(PROVISIONING_STATES);

/** Endpoint and deployment names: 3–32, a letter first, no doubled dash and none at the end. */
export const RESOURCE_NAME = /^[A-Za-z](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){2,31}$/;
/** Model and environment names. */
export const ASSET_NAME = /^[a-zA-Z0-9][a-zA-Z0-9\-_]{0,254}$/;

const texts = z.record(z.string(), z.string());
const percents = z.record(z.string(), z.int().min(0).max(100));

export const endpointBody = z.looseObject({
  location: z.string().min(1),
  tags: texts.nullish().transform((tags) => tags ?? {}),
  kind: z.string().nullish(),
  identity: z.looseObject({ type: z.string() }),
  properties: z.looseObject({
    authMode: z.enum(['Key', 'AMLToken', 'AADToken']),
    properties: texts.nullish().transform((value) => value ?? {}),
    keys: z.looseObject({ primaryKey: z.string().nullish(), secondaryKey: z.string().nullish() }).nullish(),
    traffic: percents.nullish().transform((value) => value ?? {}),
    mirrorTraffic: percents.nullish().transform((value) => value ?? {}),
  }),
});
export type EndpointBody = z.infer<typeof endpointBody>;

const probe = z.looseObject({
  period: z.string().nullish(),
  timeout: z.string().nullish(),
  failureThreshold: z.int().nullish(),
});
const collection = z.looseObject({
  dataCollectionMode: z.enum(['Enabled', 'Disabled']),
  samplingRate: z.number().min(0).max(1).nullish(),
});

export const deploymentBody = z.looseObject({
  location: z.string().min(1),
  tags: texts.nullish().transform((tags) => tags ?? {}),
  sku: z
    .looseObject({ name: z.string().nullish(), capacity: z.int().min(1).max(50) })
    .nullish()
    .transform((sku) => sku ?? { name: 'Default', capacity: 1 }),
  properties: z.looseObject({
    endpointComputeType: z.enum(['Managed', 'Kubernetes', 'AzureMLCompute']),
    model: z.string().nullish(),
    environmentId: z.string(),
    environmentVariables: texts.nullish().transform((value) => value ?? {}),
    properties: texts.nullish().transform((value) => value ?? {}),
    instanceType: z.string().nullish(),
    requestSettings: z
      .looseObject({
        requestTimeout: z.string().nullish(),
        maxConcurrentRequestsPerInstance: z.int().min(1).nullish(),
      })
      .nullish(),
    livenessProbe: probe.nullish(),
    readinessProbe: probe.nullish(),
    dataCollector: z
      .looseObject({
        collections: z.record(z.string(), collection),
        rollingRate: z.enum(['Minute', 'Hour', 'Day', 'Month', 'Year']).nullish(),
      })
      .nullish(),
  }),
});
export type DeploymentBody = z.infer<typeof deploymentBody>;

const route = z.object({ path: z.string().startsWith('/'), port: z.int().positive() });

export const environmentBody = z.looseObject({
  properties: z.looseObject({
    image: z.string().nullish(),
    inferenceConfig: z.looseObject({ livenessRoute: route, readinessRoute: route, scoringRoute: route }).nullish(),
  }),
});
export type EnvironmentBody = z.infer<typeof environmentBody>;

export const modelBody = z.looseObject({
  properties: z.looseObject({
    modelUri: z.string().min(1),
    modelType: z.string().nullish(),
    tags: texts.nullish().transform((value) => value ?? {}),
    properties: texts.nullish().transform((value) => value ?? {}),
    isArchived: z.boolean().nullish(),
  }),
});

const error = z.object({
  code: z.string(),
  message: z.string(),
  details: z.array(z.object({ code: z.string(), message: z.string() })),
});

const stamps = { createdAt: z.number(), modifiedAt: z.number() };

export const endpointRecord = z.object({
  ...stamps,
  name: z.string(),
  guid: z.string(),
  state: provisioningState,
  operationId: z.string(),
  keys: z.object({ primaryKey: z.string(), secondaryKey: z.string() }),
  body: endpointBody,
});
export type EndpointRecord = z.infer<typeof endpointRecord>;

export const deploymentRecord = z.object({
  ...stamps,
  endpoint: z.string(),
  name: z.string(),
  state: provisioningState,
  operationId: z.string(),
  body: deploymentBody,
});
export type DeploymentRecord = z.infer<typeof deploymentRecord>;

export const assetRecord = z.object({
  ...stamps,
  name: z.string(),
  version: z.string(),
  body: z.looseObject({ properties: z.looseObject({}) }),
});
export type AssetRecord = z.infer<typeof assetRecord>;

export const operationRecord = z.object({
  id: z.string(),
  action: z.enum(['put-endpoint', 'delete-endpoint', 'put-deployment', 'delete-deployment', 'regenerate-keys']),
  endpoint: z.string(),
  deployment: z.string().optional(),
  /** What the endpoint becomes when the operation succeeds. */
  wish: endpointBody.optional(),
  status: z.enum(['InProgress', 'Succeeded', 'Failed', 'Canceled']),
  startedAt: z.number(),
  endedAt: z.number().optional(),
  error: error.optional(),
});
export type OperationRecord = z.infer<typeof operationRecord>;
