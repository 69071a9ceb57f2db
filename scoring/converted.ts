import * as z from 'zod';
import type { ModelInput } from './data.ts';
import { badRequest } from './scoring-error.ts';

const columns = z.array(z.union([z.string(), z.number()]));

const schema = z.object({
  slipway: z.object({
    convertedFrom: z.string(),
    refuses: z.object({
      missing: columns,
      infinite: columns,
      unknown: z.record(z.string(), z.array(z.string())),
    }),
  }),
});

/** What a graph that was converted from a Python model has to keep to, so that both answer alike. */
export interface Conversion {
  /** Flavor that the model was logged with. */
  readonly convertedFrom: string;
  /** Columns, by name or position, where the model refuses what a graph would compute with. */
  readonly refuses: {
    readonly missing: ReadonlySet<string | number>;
    readonly infinite: ReadonlySet<string | number>;
    /** The only words that these columns may hold. */
    readonly known: ReadonlyMap<string, ReadonlySet<string>>;
  };
}

/** `metadata.slipway` of an MLmodel file; undefined for a model that was logged as ONNX. */
export const readConversion = (metadata: unknown): Conversion | undefined => {
  const parsed = schema.safeParse(metadata);
  if (!parsed.success) return undefined;
  const { convertedFrom, refuses } = parsed.data.slipway;
  return {
    convertedFrom,
    refuses: {
      missing: new Set(refuses.missing),
      infinite: new Set(refuses.infinite),
      known: new Map(Object.entries(refuses.unknown).map(([column, words]) => [column, new Set(words)])),
    },
  };
};

/** @throws ScoringError 400 for a cell that the model itself would have refused */
export const checkRefused = (input: ModelInput, { refuses }: Conversion): void => {
  if (refuses.missing.size === 0 && refuses.infinite.size === 0 && refuses.known.size === 0) return;
  if (input.kind === 'frame') {
    input.columns.forEach(({ name, cells }, at) => {
      const key = refuses.missing.has(name) || refuses.infinite.has(name) ? name : at;
      for (const cell of cells) checkCell(cell, key, refuses);
    });
    for (const { name, cells } of input.columns) checkWords(cells, String(name), refuses.known.get(String(name)));
  } else if (input.kind === 'tensor') {
    const width = input.shape[1] ?? 1;
    input.elements.forEach((element, at) => {
      checkCell(element, at % width, refuses);
    });
  }
};

const checkWords = (cells: readonly unknown[], column: string, known: ReadonlySet<string> | undefined): void => {
  if (known === undefined) return;
  const other = cells.find((cell) => cell !== null && !known.has(String(cell)));
  if (other === undefined) return;
  throw badRequest(`The model was not trained with ${JSON.stringify(String(other).slice(0, 80))} in '${column}'`);
};

const checkCell = (cell: unknown, column: string | number, { missing, infinite }: Conversion['refuses']): void => {
  if ((cell === null || Number.isNaN(cell)) && missing.has(column)) {
    throw badRequest(`The model does not take missing values in '${column}'`);
  }
  if ((cell === Infinity || cell === -Infinity) && infinite.has(column)) {
    throw badRequest(`The model does not take infinite values in '${column}'`);
  }
};
