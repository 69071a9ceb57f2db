import { liveVersion } from './change-model.ts';
import { latestNumbers, readVersions } from './get-model.ts';
import { type ModelVersion, STAGES } from './model.ts';
import { toModelVersion } from './read-models.ts';
import { aliasNotFound, modelNotFound, versionNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import { checkAlias, parseStage, parseVersion } from './validate.ts';

/**
 * One version of a model.
 *
 * @param version a string of digits
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE when the version is no integer
 */
export const getModelVersion = async (
  services: RegistryServices,
  name: string,
  version: string,
): Promise<ModelVersion> => {
  const number = parseVersion(version);
  const model = (await services.registry.findModel(name))?.value;
  if (model === undefined) throw versionNotFound(name, number);
  return toModelVersion(model, (await liveVersion(services.registry, model, number)).value);
};

/**
 * The version that an alias points to; `latest`, in any case, is the highest live one.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE when there is no such alias or model, which is MLflow's answer
 */
export const getVersionByAlias = async (
  services: RegistryServices,
  name: string,
  alias: string,
): Promise<ModelVersion> => {
  checkAlias(alias);
  const model = (await services.registry.findModel(name))?.value;
  if (model === undefined) throw aliasNotFound(alias);
  const number =
    alias.toLowerCase() === 'latest'
      ? latestNumbers(model).sort((a, b) => b - a)[0]
      : model.aliases.find((known) => known.alias === alias)?.version;
  if (number === undefined) throw aliasNotFound(alias);
  return toModelVersion(model, (await liveVersion(services.registry, model, number)).value);
};

/**
 * The highest live version of each of these stages that has any; of all stages when none is named.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE for an unknown stage
 */
export const getLatestVersions = async (
  services: RegistryServices,
  name: string,
  stages: readonly string[] = [],
): Promise<readonly ModelVersion[]> => {
  const wanted = new Set(stages.length === 0 ? STAGES : stages.map(parseStage));
  const model = (await services.registry.findModel(name))?.value;
  if (model === undefined) throw modelNotFound(name);
  const numbers = [...wanted].map((stage) => model.latest[stage]).filter((version) => version !== undefined);
  const versions = await readVersions(services.registry, model, numbers);
  return versions.map((version) => toModelVersion(model, version));
};

/**
 * Where a client downloads a version from: where the files really are, except that a run stays a run, because the
 * client's own tracking store may know more of it.
 */
export const downloadUriOf = (version: Pick<ModelVersion, 'source' | 'location'>): string =>
  /^runs:/i.test(version.source) ? version.source : (version.location ?? version.source);
