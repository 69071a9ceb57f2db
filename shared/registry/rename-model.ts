import { type Cause, journalWrite } from '../platform/journal.ts';
import { nextRevision } from './change-model.ts';
import { claimName, kindOf, releaseName } from './claim-name.ts';
import { changedEntry } from './entries.ts';
import { getModel } from './get-model.ts';
import type { ModelDocument, RegisteredModel } from './model.ts';
import { modelNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import { AGAIN, untilCommitted } from './until-committed.ts';
import { checkModelName } from './validate.ts';

/**
 * Gives a model another name. The one write that counts is the model's own: before it only the old name finds the
 * model, after it only the new one.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; RESOURCE_ALREADY_EXISTS when the new name is taken
 */
export const renameModel = async (
  services: RegistryServices,
  { name, newName }: { readonly name: string; readonly newName: string },
  cause: Cause,
): Promise<RegisteredModel> => {
  checkModelName(newName);
  const { registry } = services;
  const modelId = await untilCommitted(async () => {
    const stored = await registry.findModel(name);
    if (stored === undefined) throw modelNotFound(name);
    const { value: model, etag } = stored;
    const claim = { modelId: model.modelId, wants: kindOf(model), mayAdopt: false };
    if (newName !== name) await claimName(registry, newName, claim);
    const at = services.clock();
    const revision = nextRevision(model);
    const renamed: ModelDocument = { ...model, name: newName, updatedAt: at, renamedAt: at, revision };
    const entry = changedEntry(
      { modelId: model.modelId, name, of: 'model', revision, change: 'renamed', key: newName },
      cause,
      at,
    );
    const outcome = await registry.commit(model.modelId, [
      { op: 'replace', value: renamed, etag },
      journalWrite(entry),
    ]);
    return outcome.ok ? model.modelId : AGAIN;
  });
  // The rename is done; a reservation that stays behind holds nothing and the next claim takes it over.
  if (newName !== name) await releaseName(registry, name, modelId).catch(() => undefined);
  return getModel(services, newName);
};
