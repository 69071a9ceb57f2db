import * as z from 'zod';

const texts = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const percents = z
  .record(z.string(), z.number())
  .nullish()
  .transform((value) => value ?? {});
const provisioningState = z.enum(['Creating', 'Updating', 'Scaling', 'Deleting', 'Succeeded', 'Failed', 'Canceled']);

/** What is read of an endpoint; everything else is kept as it came, to be put back. */
export const armEndpoint = z.looseObject({
  name: z.string(),
  location: z.string(),
  tags: texts,
  identity: z.looseObject({ type: z.string() }).nullish(),
  properties: z.looseObject({
    provisioningState,
    scoringUri: z.string().nullish(),
    traffic: percents,
    mirrorTraffic: percents,
  }),
});
export type ArmEndpoint = z.infer<typeof armEndpoint>;

export const armDeployment = z.looseObject({
  name: z.string(),
  tags: texts,
  properties: z.looseObject({
    provisioningState,
    properties: texts,
    dataCollector: z.unknown().optional(),
  }),
});
export type ArmDeployment = z.infer<typeof armDeployment>;

export const armDeployments = z.object({ value: z.array(armDeployment), nextLink: z.string().nullish() });

export const armKeys = z.object({ primaryKey: z.string() });

export const armOperation = z.object({
  status: z.string(),
  error: z
    .object({
      code: z.string().nullish(),
      message: z.string().nullish(),
      details: z
        .array(z.object({ code: z.string().nullish(), message: z.string().nullish() }))
        .nullish()
        .transform((details) => details ?? []),
    })
    .nullish(),
});

export const armLogs = z.object({
  content: z
    .string()
    .nullish()
    .transform((content) => content ?? ''),
});

export const armModelVersion = z.object({
  name: z.string(),
  properties: z.looseObject({
    modelUri: z.string(),
    modelType: z.string().nullish(),
    jobName: z.string().nullish(),
    description: z.string().nullish(),
    tags: texts,
    properties: texts,
    isArchived: z.boolean().nullish(),
  }),
});

export const armDatastore = z.object({
  properties: z.looseObject({ accountName: z.string(), containerName: z.string() }),
});
