import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Json } from '../json.ts';
import type { Row } from './compile-context.ts';
import type { Plan } from './plan.ts';
import type { ScannedDocument } from './query-input.ts';
import { compareRows, type ResultRow } from './result-row.ts';
import type { Value } from './values.ts';

const DOCUMENTS_PER_TURN = 1000;

/** The rows that WHERE keeps, in scan order. Lets other requests run now and then. */
export async function* matchingRows(
  plan: Plan,
  documents: Iterable<ScannedDocument>,
  count: { scanned: number },
): AsyncGenerator<ResultRow> {
  for (const { body, partition, ordinal } of documents) {
    count.scanned += 1;
    if (count.scanned % DOCUMENTS_PER_TURN === 0) await nextTurn();
    for (const [index, row] of plan.rowsOf({}, body).entries()) {
      if (plan.isKept !== undefined && plan.isKept(row, []) !== true) continue;
      yield {
        row,
        place: [partition, ordinal, index],
        sortValues: plan.sortKeys.map(({ evaluate }) => evaluate(row, [])),
      };
    }
  }
}

/** The service leaves out what a single sort path does not have: its index has no entry for it. */
const isSortable = ({ sortValues }: ResultRow): boolean => sortValues.length !== 1 || sortValues[0] !== undefined;

export const sortedRows = async (plan: Plan, rows: AsyncIterable<ResultRow>): Promise<readonly ResultRow[]> => {
  const all: ResultRow[] = [];
  for await (const row of rows) if (isSortable(row)) all.push(row);
  return plan.sortKeys.length === 0 ? all : all.sort(compareRows(plan.sortKeys));
};

const grouped = (plan: Plan, rows: readonly ResultRow[]): readonly Value[] => {
  if (plan.groupKeys.length === 0)
    return [
      plan.project(
        {},
        rows.map(({ row }) => row),
      ),
    ];
  const groups = new Map<string, Row[]>();
  for (const { row } of rows) {
    const key = JSON.stringify(plan.groupKeys.map((evaluate) => evaluate(row, []) ?? {}));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()].map((group) => plan.project(group[0] ?? {}, group));
};

/** Sorts the properties of objects, so that equal values have equal texts. */
const canonicalText = (value: Json): string =>
  JSON.stringify(value, (_key, part: Json) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort())
      : part,
  );

const distinct = (values: readonly Json[]): readonly Json[] => {
  const seen = new Map<string, Json>();
  for (const value of values) {
    const text = canonicalText(value);
    if (!seen.has(text)) seen.set(text, value);
  }
  return [...seen.values()];
};

/** Grouped and distinct results are made as a whole; a page is a slice of them. */
export const wholeResult = async (plan: Plan, rows: AsyncIterable<ResultRow>): Promise<readonly Json[]> => {
  const all = await sortedRows(plan, rows);
  const values = plan.isGrouped ? grouped(plan, all) : all.map(({ row }) => plan.project(row, []));
  const present = values.filter((value): value is Json => value !== undefined);
  return (plan.isDistinct ? distinct(present) : present).slice(plan.offset).slice(0, plan.limit);
};
