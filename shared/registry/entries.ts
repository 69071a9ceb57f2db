import type { EventData } from '../events/catalogue.ts';
import { subjectOf } from '../events/subjects.ts';
import type { Tag } from '../mlflow/tags.ts';
import { derivedId } from '../platform/ids.ts';
import { type Cause, type JournalEntry, journalEntry } from '../platform/journal.ts';
import type { EpochMs } from '../platform/time.ts';
import type { ModelDocument, VersionDocument } from './model.ts';
import { isPrompt } from './prompt.ts';

type Changed = EventData<'slipway.model.changed'>;

/** What changed, and the revision of the changed document after it: the same change has the same entry. */
export interface Change {
  /** The model as it was before. */
  readonly model: Pick<ModelDocument, 'modelId' | 'name' | 'tags'>;
  readonly version?: number;
  /** Whose revision it is; differs from `version` when the model carries what changed, as with aliases. */
  readonly of: 'model' | 'version';
  readonly revision: number;
  readonly change: Changed['change'];
  readonly key?: string;
  readonly value?: string;
  /** What was created. */
  readonly made?: Pick<ModelDocument, 'description' | 'tags'>;
}

/** Room for tags in an event: with all else it stays below 64 KB, by which Event Grid bills. */
const MAX_TAG_BYTES = 32 * 1024;

const bytesOf = ({ key, value }: Tag): number => Buffer.byteLength(key) + Buffer.byteLength(value);

/** The tags that an event has room for: the largest go first, so that what policies select by stays. */
const tagsWithin = (tags: readonly Tag[]) => {
  let bytes = 0;
  const left = new Set<Tag>();
  for (const tag of tags.toSorted((a, b) => bytesOf(a) - bytesOf(b))) {
    bytes += bytesOf(tag);
    if (bytes > MAX_TAG_BYTES) left.add(tag);
  }
  return {
    tags: Object.fromEntries(tags.filter((tag) => !left.has(tag)).map(({ key, value }) => [key, value])),
    ...(left.size === 0 ? {} : { abridged: true }),
  };
};

const valueWithin = (value: string | undefined) => {
  if (value === undefined) return {};
  return Buffer.byteLength(value) > MAX_TAG_BYTES ? { abridged: true } : { value };
};

/** Of what was created: its description and tags, so far as it has any. */
const madeWithin = (made: Change['made']) =>
  made === undefined ? {} : { ...described(made), ...(made.tags.length === 0 ? {} : tagsWithin(made.tags)) };

const described = ({ description }: Pick<ModelDocument, 'description'>) => (description === '' ? {} : { description });

/** The journal entry of a change of a model or a version. */
export const changedEntry = (change: Change, cause: Cause, at: EpochMs): JournalEntry => {
  const { model, version, of, revision, key } = change;
  const { modelId, name } = model;
  const data: Changed = {
    name,
    change: change.change,
    ...(version === undefined ? {} : { version: String(version) }),
    ...(key === undefined ? {} : { key }),
    ...valueWithin(change.value),
    ...(isPrompt(model.tags) ? { prompt: true } : {}),
    ...madeWithin(change.made),
    modelId,
    revision,
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
    ...described(version),
    ...tagsWithin(version.tags),
    origin: version.origin,
    ...(version.originOf === undefined ? {} : { originOf: version.originOf }),
    modelId: model.modelId,
  };
  const subject = subjectOf.version(model.name, data.version);
  const id = derivedId('je', 'slipway.model.registered', model.modelId, version.version);
  return journalEntry(id, { type: 'slipway.model.registered', subject, data }, cause, at);
};
