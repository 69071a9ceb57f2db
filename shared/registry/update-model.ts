import type { Tag } from '../mlflow/tags.ts';
import { checkTag, checkTagKey, withoutTag, withTag } from '../mlflow/tags.ts';
import type { Cause } from '../platform/journal.ts';
import { changeModel, nextRevision } from './change-model.ts';
import { type Change, changedEntry } from './entries.ts';
import { readRegisteredModel } from './get-model.ts';
import type { ModelDocument, RegisteredModel } from './model.ts';
import type { RegistryServices } from './services.ts';
import { checkDescription } from './validate.ts';

const changeOf = (model: ModelDocument, change: Pick<Change, 'change' | 'key' | 'value'>): Change => ({
  model,
  of: 'model',
  revision: nextRevision(model),
  ...change,
});

/** Sets the description of a model; without one it is cleared. */
export const describeModel = async (
  services: RegistryServices,
  { name, description = '' }: { readonly name: string; readonly description?: string | undefined },
  cause: Cause,
): Promise<RegisteredModel> => {
  checkDescription(description);
  const described = await changeModel(services, name, async (model, at) => {
    const patch = { description, updatedAt: at };
    const entries = [changedEntry(changeOf(model, { change: 'described' }), cause, at)];
    return { patch, entries, result: { ...model, ...patch } };
  });
  return readRegisteredModel(services.registry, described);
};

/** Sets a tag of a model; the same tag again changes nothing. */
export const setModelTag = (
  services: RegistryServices,
  { name, ...wish }: { readonly name: string } & Tag,
  cause: Cause,
): Promise<void> => {
  const tag = checkTag(wish);
  return changeModel(services, name, async (model, at) => {
    const tags = withTag(model.tags, tag);
    if (tags === model.tags) return { result: undefined };
    const change = changeOf(model, { change: 'tag-set', ...tag });
    return { patch: { tags }, entries: [changedEntry(change, cause, at)], result: undefined };
  });
};

/** Removes a tag of a model, if it has it. */
export const deleteModelTag = (
  services: RegistryServices,
  { name, key }: { readonly name: string; readonly key: string },
  cause: Cause,
): Promise<void> => {
  checkTagKey(key);
  return changeModel(services, name, async (model, at) => {
    const tags = withoutTag(model.tags, key);
    if (tags === model.tags) return { result: undefined };
    const entry = changedEntry(changeOf(model, { change: 'tag-deleted', key }), cause, at);
    return { patch: { tags }, entries: [entry], result: undefined };
  });
};
