import { type Cause, journalWrite } from '../platform/journal.ts';
import { AGAIN, untilCommitted } from '../platform/until-committed.ts';
import { nextRevision } from './change-model.ts';
import { releaseName } from './claim-name.ts';
import { changedEntry } from './entries.ts';
import { refuseInUse } from './in-use.ts';
import { type DeletedModelDocument, MODEL_ID } from './model.ts';
import { modelNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';

/**
 * Deletes a model with all its versions, tags and aliases. The journal stays.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; RESOURCE_CONFLICT while an endpoint or a rollout uses a version
 */
export const deleteModel = async (services: RegistryServices, name: string, cause: Cause): Promise<void> => {
  const { registry } = services;
  const modelId = await untilCommitted(async () => {
    const stored = await registry.findModel(name);
    if (stored === undefined) throw modelNotFound(name);
    const { value: model, etag } = stored;
    await refuseInUse(services, { name, wish: `Registered Model with name=${name} cannot be deleted` });
    const tombstone: DeletedModelDocument = { id: MODEL_ID, kind: 'deleted-model', modelId: model.modelId };
    const entry = changedEntry(
      { model, of: 'model', revision: nextRevision(model), change: 'deleted' },
      cause,
      services.clock(),
    );
    const outcome = await registry.commit(model.modelId, [
      { op: 'replace', value: tombstone, etag },
      journalWrite(entry),
    ]);
    return outcome.ok ? model.modelId : AGAIN;
  });
  // The model is gone. What a failure leaves behind nobody can see, and the next claim of the name removes it.
  await releaseName(registry, name, modelId).catch(() => undefined);
};
