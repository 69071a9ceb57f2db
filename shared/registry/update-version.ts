import type { Tag } from '../mlflow/tags.ts';
import { checkTag, checkTagKey, withoutTag, withTag } from '../mlflow/tags.ts';
import type { Cause } from '../platform/journal.ts';
import { changeVersion, nextRevision } from './change-model.ts';
import { type Change, changedEntry } from './entries.ts';
import type { ModelDocument, ModelVersion, VersionDocument } from './model.ts';
import { toModelVersion } from './read-models.ts';
import type { RegistryServices } from './services.ts';
import { checkDescription, parseVersion } from './validate.ts';

/** A version by the name of its model and its number, a string of digits. */
export interface VersionKey {
  readonly name: string;
  readonly version: string;
}

const changeOf = (
  model: ModelDocument,
  version: VersionDocument,
  change: Pick<Change, 'change' | 'key' | 'value'>,
): Change => ({
  model,
  version: version.version,
  of: 'version',
  revision: nextRevision(version),
  ...change,
});

/** Sets the description of a version; without one it is cleared. */
export const describeVersion = async (
  services: RegistryServices,
  { name, version, description = '' }: VersionKey & { readonly description?: string | undefined },
  cause: Cause,
): Promise<ModelVersion> => {
  checkDescription(description);
  return changeVersion(services, { name, version: parseVersion(version) }, (current, model, at) => {
    const patch = { description, updatedAt: at };
    const entries = [changedEntry(changeOf(model, current, { change: 'described' }), cause, at)];
    return { patch, entries, result: toModelVersion(model, { ...current, ...patch }) };
  });
};

/** Sets a tag of a version; the same tag again changes nothing. */
export const setVersionTag = async (
  services: RegistryServices,
  { name, version, ...wish }: VersionKey & Tag,
  cause: Cause,
): Promise<void> => {
  const tag = checkTag(wish);
  await changeVersion(services, { name, version: parseVersion(version) }, (current, model, at) => {
    const tags = withTag(current.tags, tag);
    if (tags === current.tags) return { result: undefined };
    const entry = changedEntry(changeOf(model, current, { change: 'tag-set', ...tag }), cause, at);
    return { patch: { tags }, entries: [entry], result: undefined };
  });
};

/** Removes a tag of a version, if it has it. */
export const deleteVersionTag = async (
  services: RegistryServices,
  { name, version, key }: VersionKey & { readonly key: string },
  cause: Cause,
): Promise<void> => {
  checkTagKey(key);
  await changeVersion(services, { name, version: parseVersion(version) }, (current, model, at) => {
    const tags = withoutTag(current.tags, key);
    if (tags === current.tags) return { result: undefined };
    const entry = changedEntry(changeOf(model, current, { change: 'tag-deleted', key }), cause, at);
    return { patch: { tags }, entries: [entry], result: undefined };
  });
};
