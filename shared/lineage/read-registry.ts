import { subjectOf } from '../events/subjects.ts';
import type { JournalEntry } from '../platform/journal.ts';
import type { JournalReader } from './journal-reader.ts';
import { type Changed, type NamePeriod, namePeriods } from './model-names.ts';
import type { LineageServices } from './services.ts';

/** What the registry's journal says of one version. */
export interface RegistryPart {
  readonly names: readonly NamePeriod[];
  readonly deletedAt?: string;
  /** About the version itself. */
  readonly entries: readonly JournalEntry[];
  /** Where aliases went that pointed to it: entries about other versions. */
  readonly aliasMoves: readonly Changed[];
}

const MODEL_CHANGES = ['created', 'renamed', 'deleted'] as const;

/** Everything that the registry's journal says of a version, under each name that its model had. */
export const readRegistry = async (
  { journals: { registry } }: LineageServices,
  reader: JournalReader,
  { modelId, name, version }: { readonly modelId: string; readonly name: string; readonly version: string },
): Promise<RegistryPart> => {
  const changes = (await reader.read(registry, modelId, [
    { path: 'data.change', op: 'in', value: MODEL_CHANGES },
  ])) as readonly Changed[];
  // A version of a prompt is created, too.
  const ofModel = changes.filter(({ data }) => data.version === undefined);
  const names = namePeriods(ofModel, name);
  const subjects = [...new Set(names.map((period) => subjectOf.version(period.name, version)))];
  const entries = await reader.read(registry, modelId, [{ path: 'subject', op: 'in', value: subjects }]);
  const gone =
    entries.find((entry) => changeOf(entry) === 'version-deleted') ??
    ofModel.find((entry) => changeOf(entry) === 'deleted');
  return {
    names,
    ...(gone === undefined ? {} : { deletedAt: gone.time }),
    entries,
    aliasMoves: await readAliasMoves(registry, reader, { modelId, version, entries }),
  };
};

/** The word of a change; undefined for every other entry. */
export const changeOf = (entry: JournalEntry): Changed['data']['change'] | undefined =>
  (entry as Changed).type === 'slipway.model.changed' ? (entry as Changed).data.change : undefined;

const readAliasMoves = async (
  registry: LineageServices['journals']['registry'],
  reader: JournalReader,
  of: { readonly modelId: string; readonly version: string; readonly entries: readonly JournalEntry[] },
): Promise<readonly Changed[]> => {
  const set = of.entries.filter((entry) => changeOf(entry) === 'alias-set') as readonly Changed[];
  const aliases = [...new Set(set.map(({ data }) => data.key ?? ''))];
  if (aliases.length === 0) return [];
  const moves = (await reader.read(registry, of.modelId, [
    { path: 'data.change', op: '=', value: 'alias-set' },
    { path: 'data.key', op: 'in', value: aliases },
  ])) as readonly Changed[];
  return moves.filter(({ data }) => data.version !== of.version);
};
