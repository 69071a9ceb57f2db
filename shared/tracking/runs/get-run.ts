import { findExperiment } from '../experiments/get-experiment.ts';
import { runNotFound } from '../refusals.ts';
import type { TrackingServices } from '../services.ts';
import type { RunDocument } from './run.ts';

type Services = Pick<TrackingServices, 'trackingStore' | 'clock'>;

/**
 * A run, also a deleted one. That of a deleted experiment is deleted as well.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
 */
export const getRun = async (services: Services, runId: string): Promise<RunDocument> => {
  const stored = await services.trackingStore.readRun(runId);
  if (stored === undefined) throw runNotFound(runId);
  const experiment = await findExperiment(services, stored.value.experimentId);
  return experiment?.value.lifecycle === 'deleted' ? { ...stored.value, lifecycle: 'deleted' } : stored.value;
};
