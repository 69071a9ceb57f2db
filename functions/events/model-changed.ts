import { eventDataSchema } from '../../shared/events/catalogue.ts';
import type { RegistryServices } from '../../shared/registry/services.ts';
import { planOnChange } from '../../shared/rollout/plan-on-change.ts';
import type { RolloutServices } from '../../shared/rollout/services.ts';
import { defineEventHandler } from './handler.ts';

/** A version came to a stage or got an alias: the rollout that the policy asks for then is planned. */
export const modelChanged = defineEventHandler<RolloutServices & RegistryServices>({
  name: 'model-changed',
  on: {
    'slipway.model.changed': async ({ data }, services, { cause, log }) => {
      await planOnChange({ ...services, log }, eventDataSchema('slipway.model.changed').parse(data), cause);
    },
  },
});
