import { invalid } from '../../mlflow/invalid.ts';
import { checkTags, type Tag, withoutTag, withTag } from '../../mlflow/tags.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { changeLoggedModel, loggedModelNotFound } from './change-logged-model.ts';
import { LOGGED_MODEL_STATUSES, type LoggedModelDocument } from './logged-model.ts';
import type { LoggedModelServices } from './services.ts';

/** @throws SlipwayError RESOURCE_DOES_NOT_EXIST, also for a deleted one unless `allowDeleted` */
export const getLoggedModel = async (
  { loggedModels }: Pick<LoggedModelServices, 'loggedModels'>,
  modelId: string,
  { allowDeleted = false } = {},
): Promise<LoggedModelDocument> => {
  const found = await loggedModels.read(modelId);
  if (found === undefined || (found.value.lifecycle === 'deleted' && !allowDeleted)) throw loggedModelNotFound(modelId);
  return found.value;
};

/**
 * Says how the upload of a model's files ended.
 *
 * @param status MLflow's name of it, or its number
 * @throws SlipwayError INVALID_PARAMETER_VALUE for an unknown status; RESOURCE_DOES_NOT_EXIST
 */
export const finalizeLoggedModel = (
  services: LoggedModelServices,
  modelId: string,
  status: string | number,
): Promise<LoggedModelDocument> => {
  const known = LOGGED_MODEL_STATUSES.find((name, number) => name === status || number === Number(status));
  if (known === undefined) {
    throw invalid(`Unknown model status: ${status}. Use one of ${LOGGED_MODEL_STATUSES.join(', ')}.`);
  }
  return changeLoggedModel(services, modelId, (model, at) =>
    model.status === known ? undefined : { status: known, updatedAt: at },
  );
};

/** Sets tags of a model; those that are there already change nothing. */
export const setLoggedModelTags = async (
  services: LoggedModelServices,
  modelId: string,
  tags: readonly Tag[],
): Promise<void> => {
  const checked = checkTags(tags);
  await changeLoggedModel(services, modelId, (model, at) => {
    const next = checked.reduce(withTag, model.tags);
    return next === model.tags ? undefined : { tags: next, updatedAt: at };
  });
};

/** @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such model, or no such tag */
export const deleteLoggedModelTag = async (
  services: LoggedModelServices,
  modelId: string,
  key: string,
): Promise<void> => {
  await changeLoggedModel(services, modelId, (model, at) => {
    const tags = withoutTag(model.tags, key);
    if (tags === model.tags) {
      throw new SlipwayError(
        'RESOURCE_DOES_NOT_EXIST',
        `No tag with key '${key}' found for model with ID '${modelId}'.`,
      );
    }
    return { tags, updatedAt: at };
  });
};

/** Hides a model from searches and reads. Its files stay, because versions may be made of them. */
export const deleteLoggedModel = async (services: LoggedModelServices, modelId: string): Promise<void> => {
  await changeLoggedModel(services, modelId, (_model, at) => ({ lifecycle: 'deleted', updatedAt: at }));
};
