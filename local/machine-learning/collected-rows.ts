import * as z from 'zod';

type Row = Record<string, unknown>;

const split = z.object({ columns: z.array(z.union([z.string(), z.number()])), data: z.array(z.array(z.unknown())) });
const columns = z.record(z.string(), z.array(z.unknown()));
const INPUT_KEYS = ['input_data', 'dataframe_split', 'dataframe_records', 'instances', 'inputs', 'data'];

/** The rows of a scoring request, whichever of the accepted forms it has; undefined when it is none of them. */
export const inputRows = (body: Buffer): Row[] | undefined => {
  const value = parseObject(body);
  const key = INPUT_KEYS.find((each) => isObject(value) && each in value);
  return rows(isObject(value) && key !== undefined ? value[key] : value, '0');
};

/** The rows of an answer: bare predictions, or wrapped in `predictions`; a single column is named `prediction`. */
export const outputRows = (body: Buffer): Row[] | undefined => {
  const value = parseObject(body);
  return rows(isObject(value) && 'predictions' in value ? value['predictions'] : value, 'prediction');
};

const rows = (value: unknown, singleColumn: string): Row[] | undefined => {
  if (Array.isArray(value)) {
    return value.map((each: unknown) => {
      if (Array.isArray(each)) return Object.fromEntries(each.map((item, at) => [String(at), item]));
      return isObject(each) ? each : { [singleColumn]: each };
    });
  }
  const frame = split.safeParse(value);
  if (frame.success) {
    const names = frame.data.columns.map(String);
    return frame.data.data.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at]])));
  }
  const named = columns.safeParse(value);
  if (!named.success) return undefined;
  const length = Math.max(0, ...Object.values(named.data).map((items) => items.length));
  return Array.from({ length }, (_, at) =>
    Object.fromEntries(Object.entries(named.data).map(([name, items]) => [name, items[at]])),
  );
};

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

const parseObject = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
};
