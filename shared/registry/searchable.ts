import type { FilterSchema } from '../mlflow/filter/clause.ts';
import type { SortRules } from '../mlflow/order-by.ts';

/** What searches of the registry may compare and sort by. */

export const MODEL_FILTER: FilterSchema = new Map([['name', 'text']]);

export const VERSION_FILTER: FilterSchema = new Map([
  ['name', 'text'],
  ['version_number', 'number'],
  ['run_id', 'id'],
  ['source_path', 'text'],
]);

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
