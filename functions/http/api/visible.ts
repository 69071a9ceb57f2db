import type { Caller } from '../../../shared/platform/access/caller.ts';
import type { Page } from '../../../shared/platform/documents.ts';
import type { JournalEntry } from '../../../shared/platform/journal.ts';

interface Items<T> {
  readonly items: readonly T[];
  readonly next?: string | undefined;
}

/** Pages looked through for one request: a list in which somebody may see next to nothing must not cost without end. */
const MOST_PAGES = 20;

/**
 * The next page of a list with what the caller may not see left out. It may be short; it is empty while there is more
 * only when twenty pages in a row had nothing to show.
 */
export const visiblePage = async <T>(
  pageAt: (continuation: string | undefined) => Promise<Items<T>>,
  cursor: string | undefined,
  isVisible: (value: T) => boolean,
): Promise<Items<T>> => {
  let next = cursor;
  for (let pages = 0; pages < MOST_PAGES; pages += 1) {
    const page = await pageAt(next);
    const items = page.items.filter(isVisible);
    if (items.length > 0 || page.next === undefined) return { items, next: page.next };
    next = page.next;
  }
  return { items: [], next };
};

/** A page of stored documents as a page of what they hold. */
export const valuesOf = async <T>(page: Promise<Page<T>>): Promise<Items<T>> => {
  const { items, next } = await page;
  return { items: items.map(({ value }) => value), next };
};

/** True when the caller may read about one of the models, or about none in particular. */
export const mayReadAny = (caller: Caller, models: readonly (string | undefined)[]): boolean => {
  const named = models.filter((model) => model !== undefined);
  return named.length === 0 || named.some((model) => caller.may('reader', model));
};

/** @throws SlipwayError PERMISSION_DENIED when the caller may read about none of the models */
export const requireAny = (caller: Caller, models: readonly (string | undefined)[]): void => {
  if (!mayReadAny(caller, models))
    caller.require(
      'reader',
      models.find((model) => model !== undefined),
    );
};

/** The model that a journal entry tells of. */
const modelOf = ({ subject, data }: Pick<JournalEntry, 'subject' | 'data'>): string | undefined => {
  const [, encoded] = /^models\/([^/]+)/.exec(subject) ?? [];
  if (encoded !== undefined) return decodeURIComponent(encoded);
  const { model } = (data ?? {}) as { readonly model?: unknown };
  return typeof model === 'string' ? model : undefined;
};

/** Who has access is for those to know who give it. */
const IS_ABOUT_ACCESS = /^(tokens|access)\//;
/** What these say may concern any model. */
const IS_ABOUT_ALL = /^(origins|webhooks|deliveries)\//;

/** True when the caller may read a journal entry. */
export const mayReadEntry = (caller: Caller, entry: JournalEntry): boolean => {
  if (IS_ABOUT_ACCESS.test(entry.subject)) return caller.may('admin');
  if (IS_ABOUT_ALL.test(entry.subject)) return caller.scope('reader') === 'all';
  return mayReadAny(caller, [modelOf(entry)]);
};
