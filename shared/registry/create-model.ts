import { randomUUID } from 'node:crypto';
import { checkTags, type Tag } from '../mlflow/tags.ts';
import { type Cause, journalWrite } from '../platform/journal.ts';
import { AGAIN, untilCommitted } from '../platform/until-committed.ts';
import { claimName, kindOf } from './claim-name.ts';
import { changedEntry } from './entries.ts';
import { MODEL_ID, type ModelDocument, type RegisteredModel } from './model.ts';
import { toRegisteredModel } from './read-models.ts';
import type { RegistryServices } from './services.ts';
import { checkDescription, checkModelName } from './validate.ts';

export interface NewModel {
  readonly name: string;
  readonly description?: string;
  readonly tags?: readonly Tag[];
}

/**
 * A new registered model.
 *
 * @throws SlipwayError RESOURCE_ALREADY_EXISTS when the name is taken; INVALID_PARAMETER_VALUE
 */
export const createModel = (services: RegistryServices, wish: NewModel, cause: Cause): Promise<RegisteredModel> => {
  const name = checkModelName(wish.name);
  const tags = checkTags(wish.tags ?? []);
  const description = checkDescription(wish.description ?? '');
  return untilCommitted(async () => {
    // Never derived: a name that was deleted and is created again is another model.
    const claim = { modelId: `mo_${randomUUID()}`, wants: kindOf({ tags }), mayAdopt: true };
    const modelId = await claimName(services.registry, name, claim);
    const at = services.clock();
    const model: ModelDocument = {
      id: MODEL_ID,
      kind: 'registered-model',
      modelId,
      name,
      createdAt: at,
      updatedAt: at,
      description,
      tags,
      aliases: [],
      lastVersion: 0,
      latest: {},
      revision: 1,
    };
    const entry = changedEntry({ model, of: 'model', revision: 1, change: 'created', made: model }, cause, at);
    const outcome = await services.registry.commit(modelId, [{ op: 'create', value: model }, journalWrite(entry)]);
    return outcome.ok ? toRegisteredModel(model, []) : AGAIN;
  });
};
