import { type RecordDriftServices, recordDrift } from '../../shared/drift/record-drift.ts';
import { AZURE_ML, datasetDriftDetectedData } from '../../shared/events/azure-ml.ts';
import { eventDataSchema } from '../../shared/events/catalogue.ts';
import { onDrift } from '../../shared/rollout/on-drift.ts';
import type { RolloutServices } from '../../shared/rollout/services.ts';
import { defineEventHandler } from './handler.ts';

/** Drift was found: Azure ML's event becomes ours; ours puts the policy of the endpoint's rollout to work. */
export const driftDetected = defineEventHandler<RecordDriftServices & RolloutServices>({
  name: 'drift-detected',
  on: {
    'slipway.drift.detected': async ({ data }, services, { cause, log }) => {
      const { endpoint, monitor, driftScore, version } = eventDataSchema('slipway.drift.detected').parse(data);
      if (endpoint === undefined) return;
      const drift = { endpoint, monitor, driftScore, ...(version === undefined ? {} : { version }) };
      await onDrift({ ...services, log }, drift, cause);
    },
    [AZURE_ML.datasetDriftDetected]: async ({ data }, services, { cause, log }) => {
      const drift = datasetDriftDetectedData.parse(data);
      const first = await recordDrift(drift, cause, services);
      log.info({ monitor: drift.name, first }, 'drift recorded');
    },
  },
});
