import type { Document, Documents, Stored } from '../platform/documents.ts';
import { SlipwayError } from '../platform/errors.ts';
import { sharedReading } from '../platform/shared-reading.ts';
import type { AlertRule, Channel } from './alert-rule.ts';

type Setting<T> = Document & { readonly setting: T };

/** Named settings of one kind, all in one partition. */
export interface SettingsStore<T extends { readonly name: string }> {
  list(): Promise<readonly T[]>;
  get(name: string): Promise<Stored<T> | undefined>;
  /** Creates or replaces. @throws SlipwayError PRECONDITION_FAILED when `etag` is not the stored one */
  put(value: T, etag?: string): Promise<void>;
  /** Deleting what is gone is fine. */
  delete(name: string): Promise<void>;
}

/** Settings of a kind in the container `settings`. */
export const createSettingsStore = <T extends { readonly name: string }>(
  documents: Documents,
  kind: string,
): SettingsStore<T> => ({
  list: sharedReading(async () => {
    const values: T[] = [];
    let next: string | undefined;
    do {
      const page = await documents.query<Setting<T>>(kind, {
        kind,
        limit: 1000,
        ...(next === undefined ? {} : { continuation: next }),
      });
      values.push(...page.items.map(({ value }) => value.setting));
      next = page.next;
    } while (next !== undefined);
    return values.sort((a, b) => (a.name < b.name ? -1 : 1));
  }),

  async get(name) {
    const found = await documents.read<Setting<T>>(kind, name);
    return found === undefined ? undefined : { value: found.value.setting, etag: found.etag };
  },

  async put(value, etag) {
    const document: Setting<T> = { id: value.name, kind, setting: value };
    const outcome = await documents.commit(kind, [
      etag === undefined ? { op: 'upsert', value: document } : { op: 'replace', value: document, etag },
    ]);
    if (!outcome.ok) throw new SlipwayError('PRECONDITION_FAILED', `${kind} '${value.name}' changed since it was read`);
  },

  async delete(name) {
    await documents.commit(kind, [{ op: 'delete', id: name }]);
  },
});

export const createAlertRuleStore = (documents: Documents): SettingsStore<AlertRule> =>
  createSettingsStore(documents, 'alert-rule');

export const createChannelStore = (documents: Documents): SettingsStore<Channel> =>
  createSettingsStore(documents, 'channel');
