import * as z from 'zod';
import type { ExperimentDocument } from '../../../shared/tracking/experiments/experiment.ts';
import type { Metric } from '../../../shared/tracking/metrics/metric.ts';
import type { DatasetInput, RunDocument } from '../../../shared/tracking/runs/run.ts';

const pair = z.object({ key: z.string(), value: z.string() });

/** A metric on MLflow's wire: `NaN`, `Infinity` and `-Infinity` as text, which JSON has no number for. */
export const metricView = z.object({
  key: z.string(),
  value: z.union([z.number(), z.string()]),
  timestamp: z.number(),
  step: z.number(),
});

/** An experiment on MLflow's wire. Lists that are empty are left out, as MLflow does. */
export const experimentView = z.object({
  experiment_id: z.string(),
  name: z.string(),
  artifact_location: z.string(),
  lifecycle_stage: z.string(),
  creation_time: z.number(),
  last_update_time: z.number(),
  tags: z.array(pair).optional(),
});

const runInfoView = z.object({
  run_id: z.string(),
  run_uuid: z.string(),
  run_name: z.string(),
  experiment_id: z.string(),
  user_id: z.string(),
  status: z.string(),
  start_time: z.number(),
  end_time: z.number().optional(),
  artifact_uri: z.string(),
  lifecycle_stage: z.string(),
});

const datasetInputView = z.object({
  dataset: z.object({
    name: z.string(),
    digest: z.string(),
    source_type: z.string(),
    source: z.string(),
    schema: z.string().optional(),
    profile: z.string().optional(),
  }),
  tags: z.array(pair).optional(),
});

/** A run on MLflow's wire. */
export const runView = z.object({
  info: runInfoView,
  data: z.object({
    metrics: z.array(metricView).optional(),
    params: z.array(pair).optional(),
    tags: z.array(pair).optional(),
  }),
  inputs: z.object({
    dataset_inputs: z.array(datasetInputView).optional(),
    model_inputs: z.array(z.object({ model_id: z.string() })).optional(),
  }),
  outputs: z.object({
    model_outputs: z.array(z.object({ model_id: z.string(), step: z.number() })).optional(),
  }),
});

export const runInfo = z.object({ run_info: runInfoView });

/** An experiment as MLflow's clients read it. */
export const toExperimentView = (experiment: ExperimentDocument): z.input<typeof experimentView> => ({
  experiment_id: experiment.experimentId,
  name: experiment.name,
  artifact_location: experiment.artifactLocation,
  lifecycle_stage: experiment.lifecycle,
  creation_time: experiment.createdAt,
  last_update_time: experiment.updatedAt,
  ...listed('tags', experiment.tags),
});

/** A run as MLflow's clients read it. */
export const toRunView = (run: RunDocument): z.input<typeof runView> => ({
  info: toRunInfo(run),
  data: {
    ...listed('metrics', run.metrics.map(toMetricView)),
    ...listed('params', run.params),
    ...listed('tags', run.tags),
  },
  inputs: {
    ...listed('dataset_inputs', run.datasets.map(toDatasetInput)),
    ...listed(
      'model_inputs',
      run.modelInputs.map((modelId) => ({ model_id: modelId })),
    ),
  },
  outputs: listed(
    'model_outputs',
    run.modelOutputs.map(({ modelId, step }) => ({ model_id: modelId, step })),
  ),
});

export const toRunInfo = (run: RunDocument): z.input<typeof runInfoView> => ({
  run_id: run.runId,
  run_uuid: run.runId,
  run_name: run.name,
  experiment_id: run.experimentId,
  user_id: run.userId,
  status: run.status,
  start_time: run.startedAt,
  ...(run.endedAt === undefined ? {} : { end_time: run.endedAt }),
  artifact_uri: run.artifactUri,
  lifecycle_stage: run.lifecycle,
});

export const toMetricView = ({ key, value, timestamp, step }: Metric): z.input<typeof metricView> => ({
  key,
  value,
  timestamp,
  step,
});

const toDatasetInput = ({ tags, sourceType, ...dataset }: DatasetInput): z.input<typeof datasetInputView> => ({
  dataset: { ...dataset, source_type: sourceType },
  ...listed('tags', tags),
});

/** Nothing for an empty list. */
export const listed = <Name extends string, T>(name: Name, items: readonly T[]): { [name in Name]?: T[] } =>
  (items.length === 0 ? {} : { [name]: [...items] }) as { [name in Name]?: T[] };
