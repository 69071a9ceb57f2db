import type { EventData } from '../events/catalogue.ts';
import { subjectOf } from '../events/subjects.ts';
import { derivedId } from '../platform/ids.ts';
import { type Cause, type JournalEntry, journalEntry } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import type { ModelDocument, VersionDocument } from './model.ts';

type Changed = EventData<'slipway.model.changed'>;

/** What changed, and the revision of the changed document after it: the same change has the same entry. */
export interface Change {
  readonly modelId: string;
  readonly name: string;
  readonly version?: number;
  /** Whose revision it is; differs from `version` when the model carries what changed, as with aliases. */
  readonly of: 'model' | 'version';
  readonly revision: number;
  readonly change: Changed['change'];
  readonly key?: string;
  readonly value?: string;
}

/** The journal entry of a change of a model or a version. */
export const changedEntry = (change: Change, cause: Cause, at: EpochMs): JournalEntry => {
  const { modelId, name, version, of, revision, key, value } = change;
  const data: Changed = {
    name,
    change: change.change,
    ...(version === undefined ? {} : { version: String(version) }),
    ...(key === undefined ? {} : { key }),
    ...(value === undefined ? {} : { value }),
  };
  const subject = version === undefined ? subjectOf.model(name) : subjectOf.version(name, String(version));
  const changed = of === 'model' ? 'model' : `version ${version}`;
  const id = derivedId('je', modelId, changed, revision);
  return journalEntry(id, { type: 'slipway.model.changed', subject, data }, cause, at);
};

/** The journal entry that says once that a version can be packaged. */
export const registeredEntry = (
  model: ModelDocument,
  version: VersionDocument,
  cause: Cause,
  at: EpochMs,
): JournalEntry => {
  const data: EventData<'slipway.model.registered'> = {
    name: model.name,
    version: String(version.version),
    source: version.source,
    ...(version.runId === '' ? {} : { runId: version.runId }),
    tags: Object.fromEntries(version.tags.map(({ key, value }) => [key, value])),
    origin: version.origin,
  };
  const subject = subjectOf.version(model.name, data.version);
  const id = derivedId('je', 'slipway.model.registered', model.modelId, version.version);
  return journalEntry(id, { type: 'slipway.model.registered', subject, data }, cause, at);
};
