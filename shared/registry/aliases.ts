import type { Cause } from '../platform/journal.ts';
import { changeModel, liveVersion, nextRevision } from './change-model.ts';
import { changedEntry } from './entries.ts';
import type { RegistryServices } from './services.ts';
import { checkAlias, checkNewAlias, parseVersion } from './validate.ts';

/**
 * Points an alias to a version, wherever it pointed before; the same again changes nothing.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE for a reserved or malformed alias
 */
export const setAlias = async (
  services: RegistryServices,
  wish: { readonly name: string; readonly alias: string; readonly version: string },
  cause: Cause,
): Promise<void> => {
  const alias = checkNewAlias(wish.alias);
  const version = parseVersion(wish.version);
  await changeModel(services, wish.name, async (model, at) => {
    await liveVersion(services.registry, model, version);
    const current = model.aliases.find((known) => known.alias === alias);
    if (current?.version === version) return { result: undefined };
    const revision = nextRevision(model);
    const change = { version, of: 'model', revision, change: 'alias-set', key: alias } as const;
    return {
      patch: { aliases: [...model.aliases.filter((known) => known !== current), { alias, version }] },
      entries: [changedEntry({ model, ...change }, cause, at)],
      result: undefined,
    };
  });
};

/**
 * Removes an alias, if the model has it.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such model
 */
export const deleteAlias = async (
  services: RegistryServices,
  { name, alias }: { readonly name: string; readonly alias: string },
  cause: Cause,
): Promise<void> => {
  checkAlias(alias);
  await changeModel(services, name, async (model, at) => {
    const current = model.aliases.find((known) => known.alias === alias);
    if (current === undefined) return { result: undefined };
    const change = {
      version: current.version,
      of: 'model',
      revision: nextRevision(model),
      change: 'alias-deleted',
      key: alias,
    } as const;
    return {
      patch: { aliases: model.aliases.filter((known) => known !== current) },
      entries: [changedEntry({ model, ...change }, cause, at)],
      result: undefined,
    };
  });
};
