import { isSlipwayError } from '../platform/errors.ts';
import type { Cause } from '../platform/journal.ts';
import { createModel } from './create-model.ts';
import type { RegistryServices } from './services.ts';

/** Creates the registered model that a mirrored version belongs to, unless it is there. */
export const ensureModel = async (services: RegistryServices, name: string, cause: Cause): Promise<void> => {
  if ((await services.registry.findModel(name)) !== undefined) return;
  try {
    await createModel(services, { name }, cause);
  } catch (error) {
    // Somebody else created it meanwhile, which is as good.
    if (!isSlipwayError(error) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
  }
};
