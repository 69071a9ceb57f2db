import type { Stored } from '../../platform/documents.ts';
import { SlipwayError } from '../../platform/errors.ts';
import type { EpochMs } from '../../platform/time.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import type { LoggedModelDocument } from './logged-model.ts';
import type { LoggedModelServices } from './services.ts';
import type { LoggedModelStore } from './store.ts';

export const loggedModelNotFound = (modelId: string): SlipwayError =>
  new SlipwayError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${modelId}' not found.`);

/** The model that was not deleted, or undefined. */
export const findLoggedModel = async (
  store: LoggedModelStore,
  modelId: string,
): Promise<Stored<LoggedModelDocument> | undefined> => {
  const stored = await store.read(modelId);
  return stored?.value.lifecycle === 'active' ? stored : undefined;
};

/**
 * Decides on the model as it is and stores what was decided; decides anew when somebody was faster.
 *
 * @param decide what changes; undefined when nothing does
 * @returns the model after it
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such model
 */
export const changeLoggedModel = (
  { loggedModels, clock }: LoggedModelServices,
  modelId: string,
  decide: (model: LoggedModelDocument, at: EpochMs) => Partial<LoggedModelDocument> | undefined,
): Promise<LoggedModelDocument> =>
  untilCommitted(async () => {
    const stored = await findLoggedModel(loggedModels, modelId);
    if (stored === undefined) throw loggedModelNotFound(modelId);
    const patch = decide(stored.value, clock());
    if (patch === undefined) return stored.value;
    const next = { ...stored.value, ...patch };
    const outcome = await loggedModels.replace(next, stored.etag);
    return outcome.ok ? next : AGAIN;
  });
