import type { ColumnSpec, Schema } from '../shared/packaging/model/signature.ts';
import { castCell, ELEMENT_TYPES, hasZone } from './cells.ts';
import type { Column, ElementType, Frame } from './data.ts';
import { elementTypeOf } from './element-type.ts';
import { enforceNested } from './nested-types.ts';
import { badRequest, ScoringError, schemaViolation } from './scoring-error.ts';
import type { RawTable } from './table.ts';
import { inferColumnType, normalizeCells } from './tensors.ts';

type RawColumn = RawTable['columns'][number];

/**
 * The table with each column cast to the type the signature declares for it, leniently: `"7"` and 7.9 are both a
 * whole 7. Columns the signature does not know get the type their cells suggest.
 *
 * @throws ScoringError 400 when a cell cannot be cast
 */
export const castTable = (table: RawTable, schema: Schema | undefined): Frame => ({
  kind: 'frame',
  rowCount: table.rowCount,
  columns: table.columns.map((column, at) => {
    if (schema?.kind === 'columns') return castByColumn(column, columnSpec(schema, column, at));
    if (schema?.kind === 'tensors') return castByTensor(column, tensorType(schema, column));
    return inferred(column);
  }),
});

const columnSpec = (schema: Schema & { kind: 'columns' }, column: RawColumn, at: number): ColumnSpec | undefined =>
  schema.named ? schema.columns.find(({ name }) => name === column.name) : schema.columns[at];

const tensorType = (schema: Schema & { kind: 'tensors' }, column: RawColumn): ElementType | undefined => {
  const spec = schema.named ? schema.tensors.find(({ name }) => name === column.name) : schema.tensors[0];
  return spec && elementTypeOf(spec.dtype);
};

const inferred = ({ name, cells }: RawColumn): Column => {
  const type = inferColumnType(cells);
  return { name, type, cells: normalizeCells(cells, type) };
};

const castByColumn = (column: RawColumn, spec: ColumnSpec | undefined): Column => {
  if (!spec) return inferred(column);
  const { name, cells } = column;
  if (spec.type.kind !== 'scalar') {
    const { type, required } = spec;
    return { name, type: 'object', cells: casted(column, (cell) => enforceNested(cell, type, required)) };
  }
  if (spec.type.scalar === 'any') return { name, type: 'object', cells: normalizeCells(cells, 'object') };
  if (spec.type.scalar === 'string') return inferredText(column);
  const type = ELEMENT_TYPES[spec.type.scalar];
  const result = casted(column, (cell) => castCell(cell, type, 'table'));
  if (type === 'datetime' && cells.some(hasZone)) {
    throw schemaViolation(`Column ${name} must hold dates and times without a time zone`);
  }
  return { name, type, cells: result };
};

/** Text columns keep whatever came: a number among texts stays a number. */
const inferredText = (column: RawColumn): Column => {
  const type = inferColumnType(column.cells) === 'string' ? 'string' : 'object';
  return { name: column.name, type, cells: normalizeCells(column.cells, type) };
};

const castByTensor = (column: RawColumn, type: ElementType | undefined): Column => {
  if (type === undefined) return inferred(column);
  // Lists are one row of a tensor each; they are cast when the tensor is put together.
  if (Array.isArray(column.cells[0])) return { name: column.name, type: 'object', cells: column.cells };
  return { name: column.name, type, cells: casted(column, (cell) => castCell(cell, type, 'table')) };
};

const casted = ({ name, cells }: RawColumn, cast: (cell: unknown) => unknown): readonly unknown[] =>
  cells.map((cell, row) => {
    try {
      return cast(cell);
    } catch (cause) {
      if (!(cause instanceof ScoringError)) throw cause;
      throw badRequest(
        `Data is not compatible with the model signature: column '${name}', row ${row}: ${cause.message}`,
      );
    }
  });
