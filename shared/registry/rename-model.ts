import { type Cause, journalWrite } from '../platform/journal.ts';
import { AGAIN, untilCommitted } from '../platform/until-committed.ts';
import { nextRevision } from './change-model.ts';
import { claimName, kindOf, releaseName } from './claim-name.ts';
import { changedEntry } from './entries.ts';
import { readRegisteredModel } from './get-model.ts';
import { refuseInUse } from './in-use.ts';
import type { ModelDocument, RegisteredModel } from './model.ts';
import { modelNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import { checkModelName } from './validate.ts';

/**
 * Gives a model another name. The one write that counts is the model's own: before it only the old name finds the
 * model, after it only the new one.
 *
 * Endpoints and rollouts know a model by its name, so it is not renamed while one uses it.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; RESOURCE_ALREADY_EXISTS when the new name is taken; RESOURCE_CONFLICT
 * while an endpoint or a rollout uses a version
 */
export const renameModel = async (
  services: RegistryServices,
  { name, newName }: { readonly name: string; readonly newName: string },
  cause: Cause,
): Promise<RegisteredModel> => {
  checkModelName(newName);
  const { registry } = services;
  const model = await untilCommitted(async () => {
    const stored = await registry.findModel(name);
    if (stored === undefined) throw modelNotFound(name);
    const { value: before, etag } = stored;
    const claim = { modelId: before.modelId, wants: kindOf(before), mayAdopt: false };
    if (newName !== name) {
      await refuseInUse(services, { name, wish: `Registered Model with name=${name} cannot be renamed` });
      await claimName(registry, newName, claim);
    }
    const at = services.clock();
    const revision = nextRevision(before);
    const renamed: ModelDocument = { ...before, name: newName, updatedAt: at, renamedAt: at, revision };
    const entry = changedEntry({ model: before, of: 'model', revision, change: 'renamed', key: newName }, cause, at);
    const outcome = await registry.commit(before.modelId, [
      { op: 'replace', value: renamed, etag },
      journalWrite(entry),
    ]);
    return outcome.ok ? renamed : AGAIN;
  });
  // The rename is done; a reservation that stays behind holds nothing and the next claim takes it over.
  if (newName !== name) await releaseName(registry, name, model.modelId).catch(() => undefined);
  return readRegisteredModel(registry, model);
};
