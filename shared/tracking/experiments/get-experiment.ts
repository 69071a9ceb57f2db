import type { Stored } from '../../platform/documents.ts';
import type { Cause } from '../../platform/journal.ts';
import { experimentNameNotFound, experimentNotActive, experimentNotFound } from '../refusals.ts';
import type { TrackingServices } from '../services.ts';
import { claimExperimentName, holds } from './claim-name.ts';

import { DEFAULT_EXPERIMENT, type ExperimentDocument } from './experiment.ts';
import { firstWrites, newExperiment } from './new-experiment.ts';

type Services = Pick<TrackingServices, 'trackingStore' | 'clock'>;

/** Nobody asked for the default experiment: it is there. */
const BY_ITSELF: Cause = { causedBy: 'default-experiment', correlationId: 'default-experiment' };

/** The experiment, deleted or not, or undefined. The default one is made when it is first looked for. */
export const findExperiment = async (
  services: Services,
  experimentId: string,
): Promise<Stored<ExperimentDocument> | undefined> => {
  const stored = await services.trackingStore.readExperiment(experimentId);
  if (stored?.value.kind === 'experiment') return { value: stored.value, etag: stored.etag };
  if (stored !== undefined || experimentId !== DEFAULT_EXPERIMENT.experimentId) return undefined;
  await ensureDefaultExperiment(services);
  return findExperiment(services, experimentId);
};

/** Makes the default experiment, unless it is there. */
export const ensureDefaultExperiment = async ({ trackingStore, clock }: Services): Promise<void> => {
  const { experimentId, name } = DEFAULT_EXPERIMENT;
  if ((await trackingStore.readExperiment(experimentId)) !== undefined) return;
  await claimExperimentName(trackingStore, name, { experimentId, mayAdopt: false });
  const experiment = newExperiment({ experimentId, name, tags: [] }, clock());
  // Whoever else makes it makes the same.
  await trackingStore.commitExperiment(experimentId, firstWrites(experiment, BY_ITSELF));
};

/**
 * An experiment by its id, also a deleted one.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
 */
export const getExperiment = async (services: Services, experimentId: string): Promise<ExperimentDocument> => {
  const stored = await findExperiment(services, experimentId);
  if (stored === undefined) throw experimentNotFound(experimentId);
  return stored.value;
};

/**
 * An experiment by its name, also a deleted one.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
 */
export const getExperimentByName = async (services: Services, name: string): Promise<ExperimentDocument> => {
  if (name === DEFAULT_EXPERIMENT.name) await ensureDefaultExperiment(services);
  const reserved = await services.trackingStore.readName(name);
  if (reserved === undefined) throw experimentNameNotFound(name);
  const stored = await services.trackingStore.readExperiment(reserved.value.experimentId);
  if (!holds(stored, name)) throw experimentNameNotFound(name);
  return stored.value;
};

/**
 * An experiment in which something may be created.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST; INVALID_PARAMETER_VALUE when it was deleted
 */
export const getActiveExperiment = async (services: Services, experimentId: string): Promise<ExperimentDocument> => {
  const experiment = await getExperiment(services, experimentId);
  if (experiment.lifecycle === 'deleted') throw experimentNotActive(experimentId);
  return experiment;
};
