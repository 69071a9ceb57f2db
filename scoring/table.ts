import { isRecord } from './data.ts';
import { badRequest } from './scoring-error.ts';

/** A table as it came: cells are still raw JSON values. */
export interface RawTable {
  readonly columns: readonly { readonly name: string | number; readonly cells: readonly unknown[] }[];
  readonly rowCount: number;
}

const SPLIT_KEYS = new Set(['columns', 'index', 'data']);

/**
 * The table of a `dataframe_split` value. Without `columns` they are numbered from 0.
 *
 * @throws ScoringError 400 for anything but an object of `data` and, optionally, `columns` and `index`
 */
export const fromSplit = (split: unknown): RawTable => {
  if (!isRecord(split))
    throw badRequest("'dataframe_split' must be an object with 'data' and optionally 'columns' and 'index'");
  const odd = Object.keys(split).filter((key) => !SPLIT_KEYS.has(key));
  if (odd.length > 0 || !Array.isArray(split['data'])) {
    throw badRequest(
      `'dataframe_split' must have a list 'data' and may have 'columns' and 'index'; got ${Object.keys(split).join(', ') || 'nothing'}`,
    );
  }
  const rows = (split['data'] as unknown[]).map((row) => (Array.isArray(row) ? (row as unknown[]) : [row]));
  const names = columnNames(split['columns'], rows);
  if (Array.isArray(split['index']) && split['index'].length !== rows.length) {
    throw badRequest(`'index' has ${split['index'].length} entries for ${rows.length} rows`);
  }
  return {
    rowCount: rows.length,
    columns: names.map((name, at) => ({ name, cells: rows.map((row) => row[at] ?? null) })),
  };
};

const columnNames = (columns: unknown, rows: readonly (readonly unknown[])[]): (string | number)[] => {
  const width = rows.reduce((widest, row) => Math.max(widest, row.length), 0);
  if (columns === undefined || columns === null) return Array.from({ length: width }, (_, at) => at);
  if (!Array.isArray(columns)) throw badRequest("'columns' must be a list of names");
  const names = columns.map((name) => (typeof name === 'number' ? name : String(name)));
  if (rows.length > 0 && width !== names.length) {
    throw badRequest(`'columns' has ${names.length} names, but the rows of 'data' have ${width} values`);
  }
  if (new Set(names).size !== names.length) throw badRequest("'columns' has a name twice");
  return names;
};

/**
 * The table of a `dataframe_records` value; a record without a key has null there.
 *
 * @throws ScoringError 400 for anything but a list
 */
export const fromRecords = (records: unknown): RawTable => {
  if (!Array.isArray(records)) throw badRequest("'dataframe_records' must be a list of records");
  const rows: unknown[] = records;
  if (!rows.every(isRecord)) return fromSplit({ data: rows });
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return {
    rowCount: rows.length,
    columns: [...names].map((name) => ({
      name,
      cells: rows.map((row) => (Object.hasOwn(row, name) ? row[name] : null)),
    })),
  };
};
