import { checkLength } from '../../mlflow/check-length.ts';
import { invalid } from '../../mlflow/invalid.ts';
import { checkTagKey } from '../../mlflow/tags.ts';
import { changeLoggedModel } from './change-logged-model.ts';
import type { Param } from './logged-model.ts';
import type { LoggedModelServices } from './services.ts';

const MAX_PARAM_VALUE = 6000;

/**
 * Adds parameters to a model. One that is there with the same value is left, so that a call may be repeated.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when one is there with another value; RESOURCE_DOES_NOT_EXIST
 */
export const logModelParams = async (
  services: LoggedModelServices,
  modelId: string,
  params: readonly Param[],
): Promise<void> => {
  await changeLoggedModel(services, modelId, (model, at) => {
    const all = checkParams(params, model.params);
    return all.length === model.params.length ? undefined : { params: all, updatedAt: at };
  });
};

/** The known parameters and the new ones behind them. */
export const checkParams = (params: readonly Param[], known: readonly Param[]): readonly Param[] => {
  const all = new Map(known.map(({ key, value }) => [key, value]));
  for (const { key, value } of params) {
    checkTagKey(key);
    checkLength('value', value, MAX_PARAM_VALUE);
    const before = all.get(key);
    if (before !== undefined && before !== value) {
      throw invalid(
        `Changing param values is not allowed. Param with key='${key}' was already logged with value='${before}'. ` +
          `Attempted logging new value '${value}'.`,
      );
    }
    all.set(key, value);
  }
  return [...all].map(([key, value]) => ({ key, value }));
};
