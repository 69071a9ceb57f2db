import type { FilterSchema } from '../../mlflow/filter/clause.ts';
import type { LoggedModelDocument } from './logged-model.ts';

/** What searches of logged models may compare. */
export const LOGGED_MODEL_FILTER: FilterSchema = {
  attributes: new Map([
    ['name', 'list'],
    ['model_id', 'list'],
    ['model_type', 'list'],
    ['status', 'list'],
    ['source_run_id', 'list'],
    ['creation_timestamp', 'number'],
    ['last_updated_timestamp', 'number'],
  ]),
  aliases: new Map([
    ['creation_time', 'creation_timestamp'],
    ['last_updated_time', 'last_updated_timestamp'],
  ]),
  entities: ['metric', 'param', 'tag'],
};

/** Attributes under the name of their property, where both hold the same. */
export const STORED_AS: ReadonlyMap<string, string> = new Map([
  ['name', 'name'],
  ['model_id', 'modelId'],
  ['model_type', 'modelType'],
  ['source_run_id', 'sourceRunId'],
]);

/** `READY` for `LOGGED_MODEL_READY`, `FAILED` for `LOGGED_MODEL_UPLOAD_FAILED`. */
export const shortStatus = (status: string): string => status.replace(/^LOGGED_MODEL_(STATUS_|UPLOAD_)?/, '');

/** The attributes of a model under the names that filters use. */
export const attributesOf = (model: LoggedModelDocument): Readonly<Record<string, string | number>> => ({
  name: model.name,
  model_id: model.modelId,
  model_type: model.modelType,
  status: shortStatus(model.status),
  source_run_id: model.sourceRunId,
  creation_timestamp: model.createdAt,
  last_updated_timestamp: model.updatedAt,
});
