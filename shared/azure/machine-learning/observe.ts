import type { ObservedDeployment, ObservedEndpoint } from '../../rollout/ports.ts';
import type { ArmClient } from '../arm-client.ts';
import { armErrorMessage } from '../arm-errors.ts';
import { type ArmDeployment, type ArmEndpoint, armOperation } from './arm-types.ts';
import { positive, TAGS } from './wishes.ts';

/** An endpoint in the rollout's words. */
export const observedEndpoint = ({ name, properties }: ArmEndpoint): ObservedEndpoint => ({
  name,
  provisioningState: properties.provisioningState,
  traffic: positive(properties.traffic),
  mirrorTraffic: positive(properties.mirrorTraffic),
  scoringUri: properties.scoringUri ?? '',
});

/** A deployment in the rollout's words; why one failed stands only with the operation that failed. */
export const observedDeployment = async (
  client: ArmClient,
  { name, tags, properties }: ArmDeployment,
): Promise<ObservedDeployment> => {
  const model = tags[TAGS.model];
  const version = tags[TAGS.modelVersion];
  const image = tags[TAGS.image];
  const isFailed = properties.provisioningState === 'Failed';
  const error = isFailed ? await failureReason(client, properties.properties['AzureAsyncOperationUri']) : undefined;
  return {
    name,
    provisioningState: properties.provisioningState,
    ...(image !== undefined && { image }),
    ...(model !== undefined && version !== undefined && { model: { name: model, version } }),
    ...(error !== undefined && { error }),
  };
};

const failureReason = async (client: ArmClient, operationUrl: string | undefined): Promise<string> => {
  const found = operationUrl ? await client.follow(operationUrl) : undefined;
  const operation = armOperation.safeParse(found);
  return operation.success && operation.data.error
    ? armErrorMessage(operation.data.error)
    : 'the platform gave no reason; its logs may';
};
