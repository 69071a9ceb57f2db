import { subjectOf } from '../events/subjects.ts';
import type { JournalEntry } from '../platform/journal.ts';
import { versionNotFound } from '../registry/refusals.ts';
import { parseVersion } from '../registry/validate.ts';
import type { LineageServices } from './services.ts';

/**
 * The model that a name and a version mean: the live one of that name, or the last that had the name when it had that
 * version, though it was deleted or renamed since.
 *
 * @throws SlipwayError RESOURCE_DOES_NOT_EXIST when no model of that name ever had that version
 */
export const findModelId = async (
  { registry, journals }: LineageServices,
  name: string,
  version: string,
): Promise<string> => {
  const number = parseVersion(version);
  const live = (await registry.findModel(name))?.value.modelId;
  if (live !== undefined && (await registry.readVersion(live, number)) !== undefined) return live;
  const { items } = await journals.registry.query<JournalEntry<string, { readonly modelId?: string }>>(undefined, {
    kind: 'journal',
    where: [{ path: 'subject', op: '=', value: subjectOf.version(name, String(number)) }],
    orderBy: { path: 'time', direction: 'desc' },
    limit: 50,
  });
  const found = items.map(({ value }) => value.data.modelId).find((id) => id !== undefined);
  if (found === undefined) throw versionNotFound(name, version);
  return found;
};
