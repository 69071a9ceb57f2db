import type { Documents } from '../platform/documents.ts';
import type { RegistryStore } from '../registry/store.ts';
import type { RolloutStore } from '../rollout/rollout-store.ts';
import type { TrackedRun } from './lineage.ts';

/** What runs are known by, where they are tracked here. */
export interface Runs {
  /** The run, or undefined when it is tracked elsewhere. */
  find(runId: string): Promise<TrackedRun | undefined>;
}

/** What lineage is read from. */
export interface LineageServices {
  readonly registry: Pick<RegistryStore, 'findModel' | 'readModel' | 'readVersion'>;
  readonly rollouts: Pick<RolloutStore, 'listRollouts' | 'listEndpoints'>;
  readonly journals: Readonly<Record<'registry' | 'endpoints' | 'monitors', Documents>>;
  readonly runs: Runs;
}
