import { AZURE_ML, modelDeployedData } from '../../shared/events/azure-ml.ts';
import { observeEndpoint } from '../../shared/rollout/observe-endpoint.ts';
import type { RolloutServices } from '../../shared/rollout/services.ts';
import { defineEventHandler } from './handler.ts';

/** Something was deployed to an endpoint. The event does not say what, so the endpoint is read again. */
export const deploymentChanged = defineEventHandler<RolloutServices>({
  name: 'deployment-changed',
  on: {
    [AZURE_ML.modelDeployed]: async ({ data }, services, { cause, log }) => {
      const { endpoint } = modelDeployedData.parse(data);
      await observeEndpoint({ ...services, log }, endpoint, cause);
    },
  },
});
