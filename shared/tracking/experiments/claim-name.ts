import type { Stored } from '../../platform/documents.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import { experimentNameTaken } from '../refusals.ts';
import type { TrackingStore } from '../store.ts';
import { type AbandonedExperimentDocument, EXPERIMENT, type ExperimentDocument } from './experiment.ts';

export interface Claim {
  readonly experimentId: string;
  /** Whether the claim may be for the experiment that somebody has begun to create, or died creating, instead. */
  readonly mayAdopt: boolean;
}

type Holder = Stored<ExperimentDocument | AbandonedExperimentDocument> | undefined;

/**
 * Reserves a name for an experiment, so that nobody else gets it until the reservation is taken over.
 *
 * A name and its experiment are in different partitions and cannot change in one batch. So a reservation alone means
 * nothing: the name belongs to the experiment it points to only while that says so itself. Where it does not (yet, or
 * any more), the reservation was left by a crash or a renaming, or belongs to somebody in the middle of creating or
 * renaming. Either way it may be taken over after that experiment was made to differ from what the other has read, so
 * that his last write, which is conditional, cannot succeed.
 *
 * Whoever claims must read his own experiment before and write it conditionally after.
 *
 * @returns the experiment that the name is reserved for: the given one, or the adopted
 * @throws SlipwayError RESOURCE_ALREADY_EXISTS when an experiment has the name, deleted or not
 */
export const claimExperimentName = (store: TrackingStore, name: string, claim: Claim): Promise<string> =>
  untilCommitted(async () => {
    const { experimentId, mayAdopt } = claim;
    const created = await store.reserveName(name, experimentId);
    if (created.ok) return experimentId;
    const reserved = await store.readName(name);
    if (reserved === undefined) return AGAIN;
    const holderId = reserved.value.experimentId;
    // A reservation of our own is written anew as well: that ends a take-over which has already read it.
    if (holderId !== experimentId) {
      const holder = await store.readExperiment(holderId);
      // Several creators of one name then try to create the same document, and one of them succeeds.
      if (holder === undefined && mayAdopt) return holderId;
      if (holds(holder, name)) throw experimentNameTaken(name, holder.value.lifecycle);
      if (!(await fence(store, holderId, holder))) return AGAIN;
    }
    const taken = await store.reserveName(name, experimentId, reserved.etag);
    return taken.ok ? experimentId : AGAIN;
  });

/** True while the experiment lives or was deleted under that name. */
export const holds = (holder: Holder, name: string): holder is Stored<ExperimentDocument> =>
  holder?.value.kind === 'experiment' && holder.value.name === name;

/** Makes sure that who has read this holder cannot give it the name any more. False: it has changed since. */
const fence = async (store: TrackingStore, experimentId: string, holder: Holder): Promise<boolean> => {
  if (holder === undefined) {
    const value: AbandonedExperimentDocument = { id: EXPERIMENT, kind: 'abandoned-experiment', experimentId };
    return (await store.commitExperiment(experimentId, [{ op: 'create', value }])).ok;
  }
  if (holder.value.kind === 'abandoned-experiment') return true;
  const touched: ExperimentDocument = { ...holder.value, revision: holder.value.revision + 1 };
  return (await store.commitExperiment(experimentId, [{ op: 'replace', value: touched, etag: holder.etag }])).ok;
};
