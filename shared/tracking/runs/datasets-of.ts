import { invalid } from '../../mlflow/invalid.ts';
import type { TrackingServices } from '../services.ts';
import { CONTEXT_TAG } from './run.ts';
import { searchRuns } from './search-runs.ts';

/** A dataset as the runs of an experiment used it. */
export interface UsedDataset {
  readonly experimentId: string;
  readonly name: string;
  readonly digest: string;
  /** What for, such as `training`. */
  readonly context?: string;
}

const MAX_EXPERIMENTS = 20;
const MAX_DATASETS = 1_000;
/** Of each search; older runs are left out. */
const RUNS = 5_000;

/**
 * The datasets that runs of these experiments used, each once for each context, those of the latest runs first.
 *
 * @throws SlipwayError INVALID_PARAMETER_VALUE without an experiment, and for more than 20
 */
export const datasetsOf = async (
  services: Pick<TrackingServices, 'trackingStore' | 'clock'>,
  experimentIds: readonly string[],
): Promise<readonly UsedDataset[]> => {
  if (experimentIds.length === 0 || experimentIds.length > MAX_EXPERIMENTS) {
    throw invalid(
      `SearchDatasets request must specify 1 to ${MAX_EXPERIMENTS} experiment_ids. Received ${experimentIds.length}.`,
    );
  }
  const { items } = await searchRuns(services, { experimentIds, viewType: 'ACTIVE_ONLY', maxResults: RUNS });
  const found = new Map<string, UsedDataset>();
  for (const { experimentId, datasets } of items) {
    for (const { name, digest, tags } of datasets) {
      const context = tags.find(({ key }) => key === CONTEXT_TAG)?.value;
      const used = { experimentId, name, digest, ...(context === undefined ? {} : { context }) };
      found.set(JSON.stringify([experimentId, name, digest, context ?? null]), used);
    }
  }
  return [...found.values()].slice(0, MAX_DATASETS);
};
