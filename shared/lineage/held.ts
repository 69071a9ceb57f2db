import type { JournalEntry } from '../platform/journal.ts';
import type { Lineage } from './lineage.ts';
import type { Changed } from './model-names.ts';
import { byTime } from './read-drift.ts';
import { changeOf, type RegistryPart } from './read-registry.ts';

/** Something that a version had from some time on: an alias, a tag, a stage. */
interface Held {
  readonly what: string;
  readonly value?: string;
  readonly from: string;
  readonly to?: string;
  readonly by?: string;
  readonly movedTo?: string;
}

/** Takes in what happened, in order: what was had before ends when something else takes its place. */
const createShelf = () => {
  const held: Held[] = [];
  const end = (what: string, to: string, movedTo?: string): void => {
    const at = held.findIndex((one) => one.what === what && one.to === undefined);
    const open = held[at];
    if (open !== undefined) held[at] = { ...open, to, ...(movedTo === undefined ? {} : { movedTo }) };
  };
  return {
    end,
    begin(what: string, entry: Pick<JournalEntry, 'time' | 'actor'>, value?: string): void {
      end(what, entry.time);
      held.push({
        what,
        from: entry.time,
        ...(value === undefined ? {} : { value }),
        ...(entry.actor === undefined ? {} : { by: entry.actor }),
      });
    },
    /** Everything that was had, the first first; nothing outlives its version. */
    all: (deletedAt: string | undefined): readonly Held[] =>
      held.map((one) => (one.to === undefined && deletedAt !== undefined ? { ...one, to: deletedAt } : one)),
  };
};

/** Aliases, stages and tags of a version, each from when until when. */
export const heldBy = (part: RegistryPart): Pick<Lineage, 'aliases' | 'stages' | 'tags'> => {
  const aliases = createShelf();
  const stages = createShelf();
  const tags = createShelf();
  const moves = new Set<JournalEntry>(part.aliasMoves);
  for (const entry of [...part.entries, ...part.aliasMoves].toSorted(byTime)) {
    const { tags: first = {} } = entry.data as { readonly tags?: Readonly<Record<string, string>> };
    if (entry.type === 'slipway.model.registered' || changeOf(entry) === 'created')
      for (const [key, value] of Object.entries(first)) tags.begin(key, entry, value);
    const { key = '', value, version } = (entry as Changed).data;
    if (moves.has(entry)) aliases.end(key, entry.time, version);
    else if (changeOf(entry) === 'alias-set') aliases.begin(key, entry);
    else if (changeOf(entry) === 'alias-deleted') aliases.end(key, entry.time);
    else if (changeOf(entry) === 'stage-transitioned') stages.begin('stage', entry, value);
    else if (changeOf(entry) === 'tag-set') tags.begin(key, entry, value);
    else if (changeOf(entry) === 'tag-deleted') tags.end(key, entry.time);
  }
  return {
    aliases: aliases.all(part.deletedAt).map(({ what, value: _, ...held }) => ({ alias: what, ...held })),
    stages: stages
      .all(part.deletedAt)
      .map(({ what: _, value = '', movedTo: __, ...held }) => ({ stage: value, ...held })),
    tags: tags.all(part.deletedAt).map(({ what, movedTo: _, ...held }) => ({ key: what, ...held })),
  };
};
