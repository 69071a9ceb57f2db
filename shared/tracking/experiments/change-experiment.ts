import { checkTagKey, type Tag, withoutTag, withTag } from '../../mlflow/tags.ts';
import type { Write } from '../../platform/documents.ts';
import { SlipwayError } from '../../platform/errors.ts';
import { type Cause, journalWrite } from '../../platform/journal.ts';
import { AGAIN, untilCommitted } from '../../platform/until-committed.ts';
import { experimentEntry } from '../entries.ts';
import { experimentNotActive, experimentNotFound, tagNotFound } from '../refusals.ts';
import type { TrackingServices } from '../services.ts';
import { checkExperimentName, checkExperimentTag } from '../validate.ts';
import { claimExperimentName } from './claim-name.ts';
import { DEFAULT_EXPERIMENT, type ExperimentDocument } from './experiment.ts';
import { ensureDefaultExperiment, findExperiment } from './get-experiment.ts';

type Services = Pick<TrackingServices, 'trackingStore' | 'clock'>;

interface Decision {
  readonly patch: Partial<ExperimentDocument>;
  /** What the journal calls it; absent: it is not told of. */
  readonly change?: Parameters<typeof experimentEntry>[1];
}

/**
 * Decides on the experiment as it is and stores what was decided with its entry; decides anew when somebody was faster.
 *
 * @param decide undefined when nothing changes
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST
 */
const changeExperiment = (
  services: Services,
  experimentId: string,
  cause: Cause,
  decide: (experiment: ExperimentDocument) => Promise<Decision | undefined>,
): Promise<void> =>
  untilCommitted(async () => {
    const stored = await findExperiment(services, experimentId);
    if (stored === undefined) throw experimentNotFound(experimentId);
    const decision = await decide(stored.value);
    if (decision === undefined) return undefined;
    const at = services.clock();
    const revision = stored.value.revision + 1;
    const next: ExperimentDocument = { ...stored.value, updatedAt: at, ...decision.patch, revision };
    const writes: Write[] = [{ op: 'replace', value: next, etag: stored.etag }];
    if (decision.change !== undefined) writes.push(journalWrite(experimentEntry(next, decision.change, cause, at)));
    const outcome = await services.trackingStore.commitExperiment(experimentId, writes);
    return outcome.ok ? undefined : AGAIN;
  });

/**
 * Gives an experiment another name. The one write that counts is its own: the reservation of the old name then holds
 * nothing, and who wants that name takes it over.
 *
 * @throws SlipwayError RESOURCE_ALREADY_EXISTS when the name is taken; INVALID_STATE for a deleted experiment
 */
export const renameExperiment = async (
  services: Services,
  { experimentId, newName }: { readonly experimentId: string; readonly newName: string },
  cause: Cause,
): Promise<void> => {
  checkExperimentName(newName);
  if (newName === DEFAULT_EXPERIMENT.name) await ensureDefaultExperiment(services);
  await changeExperiment(services, experimentId, cause, async (experiment) => {
    // MLflow answers 500 here, and its clients then try for minutes.
    if (experiment.lifecycle === 'deleted') {
      throw new SlipwayError('INVALID_PARAMETER_VALUE', 'Cannot rename a non-active experiment.');
    }
    if (experiment.name === newName) return undefined;
    await claimExperimentName(services.trackingStore, newName, { experimentId, mayAdopt: false });
    return { patch: { name: newName }, change: 'renamed' };
  });
};

/** Deletes an experiment, and with it hides its runs. Its name stays taken, so that it can be restored. */
export const deleteExperiment = (services: Services, experimentId: string, cause: Cause): Promise<void> =>
  changeExperiment(services, experimentId, cause, async ({ lifecycle }) => {
    if (lifecycle === 'deleted') throw experimentNotFound(experimentId);
    return { patch: { lifecycle: 'deleted' }, change: 'deleted' };
  });

/** Takes the deletion back. Runs that were deleted by themselves stay deleted. */
export const restoreExperiment = (services: Services, experimentId: string, cause: Cause): Promise<void> =>
  changeExperiment(services, experimentId, cause, async ({ lifecycle }) => {
    if (lifecycle === 'active') throw experimentNotFound(experimentId);
    return { patch: { lifecycle: 'active' }, change: 'restored' };
  });

/** Sets a tag; the same again changes nothing. Tags are data and are not journaled. */
export const setExperimentTag = (
  services: Services,
  { experimentId, ...wish }: { readonly experimentId: string } & Tag,
  cause: Cause,
): Promise<void> => {
  const tag = checkExperimentTag(wish);
  return changeExperiment(services, experimentId, cause, async ({ lifecycle, tags, updatedAt }) => {
    if (lifecycle === 'deleted') throw experimentNotActive(experimentId);
    const next = withTag(tags, tag);
    return next === tags ? undefined : { patch: { tags: next, updatedAt } };
  });
};

/** @throws SlipwayError RESOURCE_DOES_NOT_EXIST when it has no such tag */
export const deleteExperimentTag = (
  services: Services,
  { experimentId, key }: { readonly experimentId: string; readonly key: string },
  cause: Cause,
): Promise<void> => {
  checkTagKey(key);
  return changeExperiment(services, experimentId, cause, async ({ lifecycle, tags, updatedAt }) => {
    if (lifecycle === 'deleted') throw experimentNotActive(experimentId);
    const next = withoutTag(tags, key);
    if (next === tags) throw tagNotFound(key, 'experiment', experimentId);
    return { patch: { tags: next, updatedAt } };
  });
};
