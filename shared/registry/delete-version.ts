import type { Cause } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import { changeModel, type Decision, liveVersion, nextRevision } from './change-model.ts';
import { changedEntry } from './entries.ts';
import { refuseInUse } from './in-use.ts';
import { latestAfter } from './latest-after.ts';
import { type DeletedVersionDocument, type ModelDocument, versionId } from './model.ts';
import { versionNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import type { VersionKey } from './update-version.ts';
import { parseVersion } from './validate.ts';

/**
 * Deletes a version and the aliases that point to it. Its number is never given again.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; RESOURCE_CONFLICT while an endpoint or a rollout uses it
 */
export const deleteVersion = async (services: RegistryServices, key: VersionKey, cause: Cause): Promise<void> => {
  const version = parseVersion(key.version);
  const remove = async (model: ModelDocument, at: EpochMs): Promise<Decision<ModelDocument, undefined>> => {
    const { modelId } = model;
    const { value: current, etag } = await liveVersion(services.registry, model, version);
    const wish = `Model Version (name=${model.name}, version=${version}) cannot be deleted`;
    await refuseInUse(services, { name: model.name, version, wish });
    const tombstone: DeletedVersionDocument = {
      id: versionId(version),
      kind: 'deleted-version',
      modelId,
      version,
      ...(current.originOf === undefined ? {} : { originOf: current.originOf }),
    };
    const change = 'version-deleted';
    return {
      patch: {
        updatedAt: at,
        aliases: model.aliases.filter((alias) => alias.version !== version),
        latest: await latestAfter(services.registry, model, [{ version, from: current.stage }]),
      },
      writes: [{ op: 'replace', value: tombstone, etag }],
      entries: [changedEntry({ model, version, of: 'version', revision: nextRevision(current), change }, cause, at)],
      result: undefined,
    };
  };
  await changeModel(services, key.name, remove, versionNotFound(key.name, version));
};
