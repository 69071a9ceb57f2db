import type { FilterSchema } from '../mlflow/filter/clause.ts';
import type { SortRules } from '../mlflow/order-by.ts';

/** What searches of the registry may compare and sort by. */

export const MODEL_FILTER: FilterSchema = { attributes: new Map([['name', 'text']]), entities: ['tag'] };

export const VERSION_FILTER: FilterSchema = {
  attributes: new Map([
    ['name', 'text'],
    ['version_number', 'number'],
    ['run_id', 'id'],
    ['source_path', 'text'],
  ]),
  entities: ['tag'],
};

export const MODEL_ORDER: SortRules = {
  words: new Map([
    ['name', 'name'],
    ['timestamp', 'last_updated_timestamp'],
    ['last_updated_timestamp', 'last_updated_timestamp'],
  ]),
  byDefault: [{ key: 'name', direction: 'asc' }],
  ties: [{ key: 'name', direction: 'asc' }],
};

export const VERSION_ORDER: SortRules = {
  words: new Map(
    ['name', 'version_number', 'creation_timestamp', 'last_updated_timestamp'].map((word) => [word, word]),
  ),
  byDefault: [
    { key: 'last_updated_timestamp', direction: 'desc' },
    { key: 'name', direction: 'asc' },
    { key: 'version_number', direction: 'desc' },
  ],
  ties: [
    { key: 'name', direction: 'asc' },
    { key: 'version_number', direction: 'desc' },
  ],
};

/** Stored properties by what a search calls them. */
export const MODEL_PATHS: ReadonlyMap<string, string> = new Map([['name', 'name']]);

export const VERSION_PATHS: ReadonlyMap<string, string> = new Map([
  ['version_number', 'version'],
  ['run_id', 'runId'],
  ['source_path', 'source'],
  ['creation_timestamp', 'createdAt'],
  ['last_updated_timestamp', 'updatedAt'],
]);

/** Documents to read first for a page: one more says that it is not the last, and another that no tie is cut. */
export const pageSizeFor = (limit: number): number => Math.min(limit + 2, 1_000);
