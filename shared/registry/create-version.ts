import { checkLength } from '../mlflow/check-length.ts';
import { checkTags, type Tag } from '../mlflow/tags.ts';
import type { Cause } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import { changeModel, type Decision } from './change-model.ts';
import { changedEntry, registeredEntry } from './entries.ts';
import { type ModelDocument, type ModelVersion, type VersionDocument, versionId } from './model.ts';
import { isPrompt, PROMPT_TAG } from './prompt.ts';
import { toModelVersion } from './read-models.ts';
import { type ResolvedSource, resolveSource } from './resolve-source.ts';
import type { RegistryServices } from './services.ts';
import { checkSource } from './source.ts';
import { checkDescription, checkRunId, MAX_RUN_LINK, MAX_SOURCE } from './validate.ts';

export interface NewVersion {
  readonly name: string;
  readonly source: string;
  readonly runId?: string;
  readonly runLink?: string;
  readonly description?: string;
  readonly tags?: readonly Tag[];
  readonly loggedModelId?: string;
}

/**
 * A new version with the next number, ready at once. Concurrent calls get consecutive numbers.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such model, or none that the source refers to;
 * INVALID_PARAMETER_VALUE
 */
export const createVersion = async (
  services: RegistryServices,
  wish: NewVersion,
  cause: Cause,
): Promise<ModelVersion> => {
  const fields = checkedFields(wish);
  let resolving: Promise<ResolvedSource> | undefined;
  const created = await changeModel(services, wish.name, async (model, at) => {
    resolving ??= isPrompt(fields.tags) ? Promise.resolve({}) : resolveWish(services, wish);
    const resolved = await resolving;
    const version = newVersion(
      model,
      { number: model.lastVersion + 1, at },
      { ...fields, ...withRun(fields, resolved) },
    );
    return addVersion(model, version, cause);
  });
  // For people who look at the logged model; the version itself does not need it, and MLflow's client notes it as well.
  if (wish.loggedModelId !== undefined) {
    await services.tracked?.noteVersion(wish.loggedModelId, { name: wish.name, version: Number(created.version) });
  }
  return created;
};

/** The decision that puts a new version into its model. */
export const addVersion = (
  model: ModelDocument,
  version: VersionDocument,
  cause: Cause,
): Decision<ModelDocument, ModelVersion> => {
  const at = version.createdAt;
  const number = version.version;
  const entry = isPrompt(version.tags)
    ? changedEntry({ model, version: number, of: 'version', revision: 1, change: 'created', made: version }, cause, at)
    : registeredEntry(model, version, cause, at);
  return {
    patch: {
      updatedAt: at,
      lastVersion: Math.max(model.lastVersion, number),
      latest: { ...model.latest, None: Math.max(model.latest.None ?? 0, number) },
    },
    writes: [{ op: 'create', value: version }],
    entries: [entry],
    result: toModelVersion(model, version),
  };
};

type VersionFields = Pick<VersionDocument, 'source' | 'runId' | 'runLink' | 'description' | 'tags'> &
  Pick<Partial<VersionDocument>, 'location' | 'loggedModelId' | 'origin' | 'originOf'>;

/** The document of a version as it is at its beginning. */
export const newVersion = (
  model: ModelDocument,
  { number, at }: { readonly number: number; readonly at: EpochMs },
  fields: VersionFields,
): VersionDocument => ({
  id: versionId(number),
  kind: 'model-version',
  modelId: model.modelId,
  version: number,
  createdAt: at,
  updatedAt: at,
  stage: 'None',
  status: 'READY',
  origin: 'mlflow',
  ...fields,
  revision: 1,
});

const checkedFields = (wish: NewVersion) => {
  const tags = checkTags(wish.tags ?? []);
  const prompt = tags.some(({ key }) => key === PROMPT_TAG);
  return {
    source: prompt ? checkLength('source', wish.source, MAX_SOURCE) : checkSource(wish.source),
    runId: checkRunId(wish.runId ?? ''),
    runLink: checkLength('run_link', wish.runLink ?? '', MAX_RUN_LINK),
    description: checkDescription(wish.description ?? ''),
    tags,
    ...(wish.loggedModelId === undefined ? {} : { loggedModelId: wish.loggedModelId }),
  };
};

/** Files that are not where `source` points may still be found through the logged model it came from. */
const resolveWish = async (services: RegistryServices, wish: NewVersion): Promise<ResolvedSource> => {
  const resolved = await resolveSource(services, wish.source);
  if (resolved.location !== undefined || wish.loggedModelId === undefined) return resolved;
  if (!/^(runs|models):/i.test(wish.source)) return resolved;
  return resolveSource(services, `models:/${wish.loggedModelId}`);
};

const withRun = (fields: { readonly runId: string }, resolved: ResolvedSource) => ({
  ...(resolved.location === undefined ? {} : { location: resolved.location }),
  runId: fields.runId === '' ? (resolved.runId ?? '') : fields.runId,
});
