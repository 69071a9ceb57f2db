import { isSlipwayError } from '../platform/errors.ts';
import type { Rollout } from './rollout.ts';
import type { RolloutServices } from './services.ts';
import type { Effect } from './transition.ts';

/** A write that the platform refuses for good; trying again cannot help. */
export interface Refusal {
  readonly effect: Effect['type'];
  readonly message: string;
}

const FOR_GOOD = ['INVALID_PARAMETER_VALUE', 'BAD_REQUEST', 'INVALID_STATE', 'PERMISSION_DENIED', 'NOT_IMPLEMENTED'];

/**
 * Does what a stored transition wishes for, in order.
 *
 * A failure is no error of the tick: the wish is stored, and a later tick reads back and does it again. Returned is
 * only what was refused for good, so that the rollout can say so.
 */
export const runEffects = async (
  services: RolloutServices,
  rollout: Rollout,
  effects: readonly Effect[],
): Promise<Refusal | undefined> => {
  let refusal: Refusal | undefined;
  for (const effect of effects) {
    try {
      await runEffect(services, rollout, effect);
    } catch (cause) {
      if (!isSlipwayError(cause)) throw cause;
      services.log.warn(
        { rollout: rollout.id, effect: effect.type, code: cause.code, reason: cause.message },
        'effect was not accepted',
      );
      if (FOR_GOOD.includes(cause.code)) refusal = { effect: effect.type, message: cause.message };
    }
  }
  return refusal;
};

const runEffect = async (services: RolloutServices, rollout: Rollout, effect: Effect): Promise<void> => {
  const { endpoints, packages, queues } = services;
  const { endpoint } = rollout;
  switch (effect.type) {
    case 'put-traffic':
      return endpoints.putTraffic(endpoint, effect.traffic, effect.mirrorTraffic);
    case 'put-deployment':
      await endpoints.ensureEndpoint(endpoint);
      return endpoints.putDeployment(endpoint, effect.deployment, effect.spec);
    case 'delete-deployment':
      return endpoints.deleteDeployment(endpoint, effect.deployment);
    case 'request-package':
      return packages.request(rollout.model, rollout.version, rollout.cause.causedBy, rollout.policy.packaging);
    case 'wake-rollout':
      return queues.send('advance-rollout', { endpoint, rolloutId: effect.rolloutId });
  }
};
