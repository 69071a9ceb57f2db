import type { Cause } from '../platform/journal.ts';
import { changeModel, liveVersion, nextRevision } from './change-model.ts';
import { changedEntry } from './entries.ts';
import { latestAfter } from './latest-after.ts';
import { type DeletedVersionDocument, versionId } from './model.ts';
import { versionNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import type { VersionKey } from './update-version.ts';
import { parseVersion } from './validate.ts';

/**
 * Deletes a version and the aliases that point to it. Its number is never given again.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
 */
export const deleteVersion = async (services: RegistryServices, key: VersionKey, cause: Cause): Promise<void> => {
  const version = parseVersion(key.version);
  if ((await services.registry.findModel(key.name)) === undefined) throw versionNotFound(key.name, version);
  await changeModel(services, key.name, async (model, at) => {
    const { modelId, name } = model;
    const { value: current, etag } = await liveVersion(services.registry, model, version);
    const tombstone: DeletedVersionDocument = { id: versionId(version), kind: 'deleted-version', modelId, version };
    const change = 'version-deleted';
    return {
      patch: {
        updatedAt: at,
        aliases: model.aliases.filter((alias) => alias.version !== version),
        latest: await latestAfter(services.registry, model, [{ version, from: current.stage }]),
      },
      writes: [{ op: 'replace', value: tombstone, etag }],
      entries: [
        changedEntry({ modelId, name, version, of: 'version', revision: nextRevision(current), change }, cause, at),
      ],
      result: undefined,
    };
  });
};
