import { randomUUID } from 'node:crypto';
import { checkLength } from '../../mlflow/check-length.ts';
import { invalid } from '../../mlflow/invalid.ts';
import { checkTags, type Tag } from '../../mlflow/tags.ts';
import { getActiveExperiment } from '../experiments/get-experiment.ts';
import type { TrackingServices } from '../services.ts';
import { checkParams } from './log-params.ts';
import type { LoggedModelDocument, Param } from './logged-model.ts';

export interface NewLoggedModel {
  readonly experimentId: string;
  /** Absent or empty: the model gets a name of its id. */
  readonly name?: string;
  readonly modelType?: string;
  readonly sourceRunId?: string;
  readonly params?: readonly Param[];
  readonly tags?: readonly Tag[];
}

const MAX_NAME = 500;
const FORBIDDEN = /[/:.%"']/;

/**
 * A new logged model, waiting for its files. Every call makes one of its own, because clients give no id.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST for an unknown experiment; INVALID_PARAMETER_VALUE
 */
export const createLoggedModel = async (
  services: TrackingServices,
  wish: NewLoggedModel,
): Promise<LoggedModelDocument> => {
  const hex = randomUUID().replaceAll('-', '');
  const name = checkName(wish.name ?? '') || `model-${hex.slice(0, 8)}`;
  const params = checkParams(wish.params ?? [], []);
  const tags = checkTags(wish.tags ?? []);
  const modelType = checkLength('model_type', wish.modelType ?? '', MAX_NAME);
  const sourceRunId = checkLength('source_run_id', wish.sourceRunId ?? '', MAX_NAME);
  const { artifactLocation } = await getActiveExperiment(services, wish.experimentId);
  const modelId = `m-${hex}`;
  const at = services.clock();
  const model: LoggedModelDocument = {
    id: 'logged-model',
    kind: 'logged-model',
    modelId,
    experimentId: wish.experimentId,
    name,
    modelType,
    sourceRunId,
    artifactUri: `${artifactLocation}/models/${modelId}/artifacts`,
    status: 'LOGGED_MODEL_PENDING',
    lifecycle: 'active',
    createdAt: at,
    updatedAt: at,
    tags,
    params,
    metrics: [],
  };
  const outcome = await services.loggedModels.create(model);
  if (!outcome.ok) throw new Error(`a random id was given before: ${modelId}`);
  return model;
};

const checkName = (name: string): string => {
  checkLength('name', name, MAX_NAME);
  if (!FORBIDDEN.test(name)) return name;
  throw invalid(
    `Invalid model name ("${name}") provided. Model name must be a non-empty string and cannot contain the following ` +
      `characters: '/', ':', '.', '%', '"', "'"`,
  );
};
