import { AZURE_ML, modelRegisteredData } from '../../shared/events/azure-ml.ts';
import { eventDataSchema } from '../../shared/events/catalogue.ts';
import { registerForeignVersion } from '../../shared/registry/register-foreign-version.ts';
import type { RegistryServices } from '../../shared/registry/services.ts';
import { planRollout } from '../../shared/rollout/plan-rollout.ts';
import type { RolloutServices } from '../../shared/rollout/services.ts';
import type { ForeignModels } from '../neighbours.ts';
import { defineEventHandler } from './handler.ts';

type Services = RolloutServices & RegistryServices & { readonly foreignModels: ForeignModels };

/**
 * A model version was registered: with us, and the rollout that the policy asks for is planned; or in Azure ML, and it
 * is mirrored into our registry, which announces it as ours.
 */
export const modelRegistered = defineEventHandler<Services>({
  name: 'model-registered',
  on: {
    'slipway.model.registered': async ({ data }, services, { cause, log }) => {
      const { name, version, tags } = eventDataSchema('slipway.model.registered').parse(data);
      await planRollout({ ...services, log }, { model: name, version, tags }, cause);
    },
    [AZURE_ML.modelRegistered]: async ({ data }, services, { cause }) => {
      const { name, version, tags } = modelRegisteredData.parse(data);
      const { modelUri } = await services.foreignModels.getModelVersion(name, version);
      await registerForeignVersion(services, { name, version, tags, source: modelUri, origin: 'azure-ml' }, cause);
    },
  },
});
