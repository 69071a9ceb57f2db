import * as z from 'zod';

/**
 * Azure ML's five events. Documented samples use PascalCase for three of them and camelCase for two, and the SDK's
 * types disagree with the samples, so every key is read whatever its case.
 *
 * @see https://learn.microsoft.com/azure/event-grid/event-schema-machine-learning
 */
const lowerKeys = (raw: unknown): unknown =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw)
    ? Object.fromEntries(Object.entries(raw).map(([key, value]) => [key.toLowerCase(), value]))
    : raw;

const anyCase = <Shape extends z.ZodRawShape>(shape: Shape) => z.preprocess(lowerKeys, z.object(shape));

/** Text that some senders write as a number. Never null: `"null"` would be an id like any other. */
const text = z.union([z.string().min(1), z.number()]).transform(String);

const tagText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Tags may be null, absent, and hold other things than text. */
const tags = z
  .record(z.string(), z.unknown())
  .nullish()
  .transform((raw) =>
    Object.fromEntries(Object.entries(raw ?? {}).map(([key, value]) => [key, value === null ? '' : tagText(value)])),
  );

const PREFIX = 'Microsoft.MachineLearningServices.';

export const AZURE_ML = {
  modelRegistered: `${PREFIX}ModelRegistered`,
  modelDeployed: `${PREFIX}ModelDeployed`,
  runCompleted: `${PREFIX}RunCompleted`,
  runStatusChanged: `${PREFIX}RunStatusChanged`,
  datasetDriftDetected: `${PREFIX}DatasetDriftDetected`,
} as const;

export const modelRegisteredData = anyCase({
  modelname: z.string().min(1),
  modelversion: text.pipe(z.string().regex(/^\d+$/, 'must be a whole number')),
  modeltags: tags,
}).transform((raw) => ({ name: raw.modelname, version: raw.modelversion, tags: raw.modeltags }));

export const modelDeployedData = anyCase({
  servicename: z.string().min(1),
  modelids: z.string().nullish(),
}).transform((raw) => ({
  endpoint: raw.servicename,
  models: (raw.modelids ?? '')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== ''),
}));

const runShape = {
  experimentid: text,
  experimentname: text,
  runid: text,
  runtags: tags,
};

export const runCompletedData = anyCase(runShape).transform((raw) => toRun(raw, 'completed'));

export const runStatusChangedData = anyCase({ ...runShape, runstatus: z.string().min(1) }).transform((raw) =>
  toRun(raw, raw.runstatus.toLowerCase()),
);

export const datasetDriftDetectedData = anyCase({
  datadriftid: text,
  datadriftname: z.string().min(1),
  runid: text.nullish(),
  driftcoefficient: z.union([z.number(), z.string().min(1).transform(Number)]).pipe(z.number()),
  starttime: z.string().nullish(),
  endtime: z.string().nullish(),
}).transform((raw) => ({
  id: raw.datadriftid,
  name: raw.datadriftname,
  driftScore: raw.driftcoefficient,
  from: raw.starttime ?? undefined,
  to: raw.endtime ?? undefined,
}));

/** Tag that a breached Azure ML model monitor leaves on its run. */
const BREACH_TAG = 'azureml_modelmonitor_threshold_breached';

const toRun = (
  raw: { experimentid: string; experimentname: string; runid: string; runtags: Record<string, string> },
  status: string,
) => ({
  experimentId: raw.experimentid,
  experimentName: raw.experimentname,
  runId: raw.runid,
  status,
  monitorBreach: raw.runtags[BREACH_TAG],
});
