import type { ModelDocument, RegisteredModel, VersionDocument } from './model.ts';
import { STAGES } from './model.ts';
import { toRegisteredModel } from './read-models.ts';
import { modelNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import type { RegistryStore } from './store.ts';

/**
 * A registered model with the latest version of each stage.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
 */
export const getModel = async (services: RegistryServices, name: string): Promise<RegisteredModel> => {
  const stored = await services.registry.findModel(name);
  if (stored === undefined) throw modelNotFound(name);
  return readRegisteredModel(services.registry, stored.value);
};

/** A model's document with its latest versions. */
export const readRegisteredModel = async (registry: RegistryStore, model: ModelDocument): Promise<RegisteredModel> =>
  toRegisteredModel(model, await readVersions(registry, model, latestNumbers(model)));

/** Numbers of the latest version of each stage that has any, in the order of stages. */
export const latestNumbers = (model: ModelDocument): number[] =>
  STAGES.map((stage) => model.latest[stage]).filter((version) => version !== undefined);

/** The live ones of these versions. */
export const readVersions = async (
  registry: RegistryStore,
  model: ModelDocument,
  numbers: readonly number[],
): Promise<VersionDocument[]> => {
  const stored = await Promise.all(numbers.map((version) => registry.readVersion(model.modelId, version)));
  return stored.map((found) => found?.value).filter((value) => value?.kind === 'model-version');
};
