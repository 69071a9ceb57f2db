import { randomInt } from 'node:crypto';
import type { Tag } from '../../mlflow/tags.ts';
import type { Cause } from '../../platform/journal.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import type { TrackingServices } from '../services.ts';
import { checkArtifactLocation, checkExperimentName, checkExperimentTag } from '../validate.ts';
import { claimExperimentName } from './claim-name.ts';
import type { ExperimentDocument } from './experiment.ts';
import { ensureDefaultExperiment } from './get-experiment.ts';
import { firstWrites, newExperiment } from './new-experiment.ts';

export interface NewExperiment {
  readonly name: string;
  /** Absent or empty: a folder of the artifact store. */
  readonly artifactLocation?: string;
  readonly tags?: readonly Tag[];
}

/**
 * A new experiment.
 *
 * @throws SlipwayError RESOURCE_ALREADY_EXISTS when the name is taken, be it by a deleted one; INVALID_PARAMETER_VALUE
 */
export const createExperiment = async (
  services: Pick<TrackingServices, 'trackingStore' | 'clock'>,
  wish: NewExperiment,
  cause: Cause,
): Promise<ExperimentDocument> => {
  const { trackingStore, clock } = services;
  const name = checkExperimentName(wish.name);
  const tags = [...new Map((wish.tags ?? []).map((tag) => [tag.key, checkExperimentTag(tag)])).values()];
  const location = wish.artifactLocation ?? '';
  const artifactLocation = location === '' ? undefined : checkArtifactLocation(location);
  // First of all: its name is taken, and it is the oldest.
  await ensureDefaultExperiment(services);
  return untilCommitted(async () => {
    const claim = { experimentId: randomId(), mayAdopt: true };
    const experimentId = await claimExperimentName(trackingStore, name, claim);
    const place = artifactLocation === undefined ? {} : { artifactLocation };
    const experiment = newExperiment({ experimentId, name, tags, ...place }, clock());
    const outcome = await trackingStore.commitExperiment(experimentId, firstWrites(experiment, cause));
    return outcome.ok ? experiment : AGAIN;
  });
};

/** 18 digits, the first of them no 0: MLflow's clients and databases take ids for 64-bit integers. */
const randomId = (): string =>
  `${randomInt(100_000_000, 1_000_000_000)}${String(randomInt(1_000_000_000)).padStart(9, '0')}`;
