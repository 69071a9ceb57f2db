import * as z from 'zod';
import type { LoggedModelDocument } from '../../../shared/tracking/logged-models/logged-model.ts';

const pair = z.object({ key: z.string(), value: z.string() });

/** A logged model on MLflow's wire. Lists that are empty are left out, as MLflow does. */
export const loggedModelView = z.object({
  info: z.object({
    model_id: z.string(),
    experiment_id: z.string(),
    name: z.string(),
    creation_timestamp_ms: z.number(),
    last_updated_timestamp_ms: z.number(),
    artifact_uri: z.string(),
    status: z.string(),
    model_type: z.string(),
    source_run_id: z.string(),
    tags: z.array(pair).optional(),
  }),
  data: z.object({
    params: z.array(pair).optional(),
    metrics: z
      .array(
        z.object({
          key: z.string(),
          value: z.union([z.number(), z.string()]),
          timestamp: z.number(),
          step: z.number(),
          run_id: z.string(),
          model_id: z.string(),
          dataset_name: z.string().optional(),
          dataset_digest: z.string().optional(),
        }),
      )
      .optional(),
  }),
});

/** A logged model as MLflow's clients read it. */
export const toLoggedModelView = (model: LoggedModelDocument): z.input<typeof loggedModelView> => ({
  info: {
    model_id: model.modelId,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.createdAt,
    last_updated_timestamp_ms: model.updatedAt,
    artifact_uri: model.artifactUri,
    status: model.status,
    model_type: model.modelType,
    source_run_id: model.sourceRunId,
    ...(model.tags.length === 0 ? {} : { tags: [...model.tags] }),
  },
  data: {
    ...(model.params.length === 0 ? {} : { params: [...model.params] }),
    ...(model.metrics.length === 0 ? {} : { metrics: model.metrics.map((metric) => toMetric(model, metric)) }),
  },
});

const toMetric = (
  { modelId }: LoggedModelDocument,
  { key, value, timestamp, step, runId, datasetName, datasetDigest }: LoggedModelDocument['metrics'][number],
) => ({
  key,
  value,
  timestamp,
  step,
  run_id: runId,
  model_id: modelId,
  ...(datasetName === undefined ? {} : { dataset_name: datasetName }),
  ...(datasetDigest === undefined ? {} : { dataset_digest: datasetDigest }),
});
