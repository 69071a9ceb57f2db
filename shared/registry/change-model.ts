import type { Write } from '../platform/documents.ts';
import type { SlipwayError } from '../platform/errors.ts';
import { type JournalEntry, journalWrite } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import { AGAIN, untilCommitted } from '../platform/until-committed.ts';
import type { ModelDocument, VersionDocument } from './model.ts';
import { modelNotFound, versionNotFound } from './refusals.ts';
import type { RegistryServices } from './services.ts';
import type { RegistryStore } from './store.ts';

/** What a use case decided: what to store, what to tell, and what comes back. Without `patch` nothing is stored. */
export interface Decision<Patched, Result> {
  readonly patch?: Partial<Patched>;
  /** Further documents of the same partition. */
  readonly writes?: readonly Write[];
  readonly entries?: readonly JournalEntry[];
  readonly result: Result;
}

/** The revision that a document has after a change. */
export const nextRevision = (document: { readonly revision: number }): number => document.revision + 1;

/**
 * Decides on the model as it is and stores what was decided, in one batch; decides anew when somebody was faster.
 *
 * @param missing what is thrown when there is no such model
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such model
 */
export const changeModel = <Result>(
  services: RegistryServices,
  name: string,
  decide: (model: ModelDocument, at: EpochMs) => Promise<Decision<ModelDocument, Result>>,
  missing: SlipwayError = modelNotFound(name),
): Promise<Result> =>
  inTurn(services, name, async () => {
    const stored = await services.registry.findModel(name);
    if (stored === undefined) throw missing;
    const { value: model, etag } = stored;
    const { patch, writes = [], entries = [], result } = await decide(model, services.clock());
    if (patch === undefined) return result;
    const next: ModelDocument = { ...model, ...patch, revision: nextRevision(model) };
    const outcome = await services.registry.commit(model.modelId, [
      { op: 'replace', value: next, etag },
      ...writes,
      ...entries.map(journalWrite),
    ]);
    return outcome.ok ? result : AGAIN;
  });

/**
 * The same for one version alone.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such version
 */
export const changeVersion = <Result>(
  services: RegistryServices,
  { name, version }: { readonly name: string; readonly version: number },
  decide: (version: VersionDocument, model: ModelDocument, at: EpochMs) => Decision<VersionDocument, Result>,
): Promise<Result> =>
  inTurn(services, `${name}/${version}`, async () => {
    const model = (await services.registry.findModel(name))?.value;
    if (model === undefined) throw versionNotFound(name, version);
    const stored = await liveVersion(services.registry, model, version);
    const { patch, entries = [], result } = decide(stored.value, model, services.clock());
    if (patch === undefined) return result;
    const next: VersionDocument = { ...stored.value, ...patch, revision: nextRevision(stored.value) };
    const outcome = await services.registry.commit(model.modelId, [
      { op: 'replace', value: next, etag: stored.etag },
      ...entries.map(journalWrite),
    ]);
    return outcome.ok ? result : AGAIN;
  });

/** In one process attempts wait for each other; only those of several can lose. */
const inTurn = <T>({ registry }: RegistryServices, key: string, attempt: () => Promise<T | typeof AGAIN>): Promise<T> =>
  registry.turns.take(key, () => untilCommitted(attempt));

/** @throws SlipwayError RESOURCE_DOES_NOT_EXIST when there is no such version, or no more */
export const liveVersion = async (registry: RegistryStore, model: ModelDocument, version: number) => {
  const stored = await registry.readVersion(model.modelId, version);
  if (stored?.value.kind !== 'model-version') throw versionNotFound(model.name, version);
  return { value: stored.value, etag: stored.etag };
};
