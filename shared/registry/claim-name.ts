import type { Stored } from '../platform/documents.ts';
import { AGAIN, untilCommitted } from '../platform/until-committed.ts';
import { type DeletedModelDocument, MODEL_ID, type ModelDocument, type NameDocument } from './model.ts';
import { nameKey } from './name-key.ts';
import { isPrompt } from './prompt.ts';
import { type NameHolder, nameTaken } from './refusals.ts';
import { removeVersions } from './remove-versions.ts';
import { isLive, type RegistryStore } from './store.ts';

export interface Claim {
  readonly modelId: string;
  /** What the name is for. */
  readonly wants: NameHolder;
  /** Whether the claim may be for the model that somebody has begun to create, or died creating, instead. */
  readonly mayAdopt: boolean;
}

/**
 * Reserves a name for a model, so that nobody else gets it until the reservation is released or taken over.
 *
 * A name and its model are in different partitions and cannot change in one batch. So a reservation alone means
 * nothing: the name belongs to the model it points to only while that model lives and says so itself. A reservation
 * whose model does not (yet, or any more) say so was left by a crash, or belongs to somebody in the middle of creating
 * or renaming. Either way it may be taken over after that model was *fenced*: made to differ from what the other has
 * read, so that his last write, which is conditional, cannot succeed.
 *
 * Whoever claims must read his own model before and write it conditionally after.
 *
 * @returns the model that the name is reserved for: the given one, or the adopted
 * @throws SlipwayError RESOURCE_ALREADY_EXISTS when a live model has the name
 */
export const claimName = (registry: RegistryStore, name: string, claim: Claim): Promise<string> =>
  untilCommitted(async () => {
    const value: NameDocument = { id: nameKey(name), kind: 'model-name', name, modelId: claim.modelId };
    const created = await registry.commitName(name, { op: 'create', value });
    if (created.ok) return claim.modelId;
    const reserved = await registry.readName(name);
    if (reserved === undefined) return AGAIN;
    // A reservation of our own is written anew as well: that ends a take-over which has already read it.
    if (reserved.value.modelId !== claim.modelId) {
      const holder = await registry.readModel(reserved.value.modelId);
      // Several creators of one name then try to create the same document, and one of them succeeds.
      if (holder === undefined && claim.mayAdopt) return reserved.value.modelId;
      if (holds(reserved.value, holder)) throw nameTaken(name, kindOf(holder.value), claim.wants);
      if (!(await fence(registry, reserved.value.modelId, holder))) return AGAIN;
    }
    const taken = await registry.commitName(name, { op: 'replace', value, etag: reserved.etag });
    return taken.ok ? claim.modelId : AGAIN;
  });

type Holder = Stored<ModelDocument | DeletedModelDocument> | undefined;

const holds = (reserved: NameDocument, holder: Holder): holder is Stored<ModelDocument> =>
  holder !== undefined && isLive(holder) && holder.value.name === reserved.name;

/** Makes sure that who has read this holder cannot give it the name any more. False: it has changed since. */
const fence = async (registry: RegistryStore, modelId: string, holder: Holder): Promise<boolean> => {
  if (holder === undefined) {
    const tombstone: DeletedModelDocument = { id: MODEL_ID, kind: 'deleted-model', modelId };
    return (await registry.commit(modelId, [{ op: 'create', value: tombstone }])).ok;
  }
  if (!isLive(holder)) {
    await removeVersions(registry, modelId);
    return true;
  }
  const touched: ModelDocument = { ...holder.value, revision: holder.value.revision + 1 };
  return (await registry.commit(modelId, [{ op: 'replace', value: touched, etag: holder.etag }])).ok;
};

/**
 * Gives a name back that the model no longer has, and removes what is left of a deleted one. What remains after a
 * failure the next claim takes over.
 */
export const releaseName = async (registry: RegistryStore, name: string, modelId: string): Promise<void> => {
  const reserved = await registry.readName(name);
  if (reserved?.value.modelId !== modelId) return;
  const holder = await registry.readModel(modelId);
  // It may have got the name again meanwhile, or be about to.
  if (holds(reserved.value, holder) || !(await fence(registry, modelId, holder))) return;
  await registry.commitName(name, { op: 'delete', id: nameKey(name), etag: reserved.etag });
};

/** What a model is called in refusals. */
export const kindOf = (model: Pick<ModelDocument, 'tags'>): NameHolder =>
  isPrompt(model.tags) ? 'Prompt' : 'Registered Model';
