import { SlipwayError } from '../platform/errors.ts';
import type { EndpointRecord } from './rollout.ts';
import type { RolloutServices } from './services.ts';

/**
 * The endpoint with what already serves there as its stable version, when no rollout of ours has put it there.
 *
 * Without this the first rollout on an endpoint in use would take over all of its traffic unjudged.
 *
 * @throws SlipwayError INVALID_STATE when several deployments share the traffic: none of them is *the* stable one
 */
export const adoptStable = async (
  { endpoints }: Pick<RolloutServices, 'endpoints'>,
  record: EndpointRecord,
): Promise<EndpointRecord> => {
  if (record.stable !== undefined || record.activeRolloutId !== undefined) return record;
  const observed = await endpoints.getEndpoint(record.name);
  const serving = Object.entries(observed?.traffic ?? {}).filter(([, percent]) => percent > 0);
  const [first] = serving;
  if (first === undefined) return record;
  if (serving.length > 1) {
    throw new SlipwayError(
      'INVALID_STATE',
      `several deployments of endpoint ${record.name} share its traffic: give one of them all of it first`,
      { details: { endpoint: record.name } },
    );
  }
  const deployment = await endpoints.getDeployment(record.name, first[0]);
  const served =
    deployment?.model === undefined ? {} : { model: deployment.model.name, version: deployment.model.version };
  return { ...record, stable: { deployment: first[0], ...served } };
};
