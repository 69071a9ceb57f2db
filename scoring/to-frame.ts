import type { ColumnSpec } from '../shared/packaging/model/signature.ts';
import type { NamedValues, Nested } from './cast-arrays.ts';
import type { Column, Frame, Tensor } from './data.ts';
import { schemaViolation } from './scoring-error.ts';
import { toNested } from './tensors.ts';

/**
 * Arrays as the table that a signature of columns asks for: named ones become columns of that name, a matrix gets
 * numbered columns.
 *
 * @throws ScoringError 400 for more than two dimensions or columns of unequal length
 */
export const toFrame = (input: Tensor | NamedValues, specs: readonly ColumnSpec[]): Frame => {
  if (input.kind === 'tensor') return matrixFrame(input);
  const entries = [...input.values];
  const isOneRow =
    specs.some(({ type }) => type.kind === 'array' || type.kind === 'object') ||
    entries.every(([, value]) => value.kind === 'tensor' && value.shape.length === 0);
  return isOneRow ? rowFrame(entries) : columnFrame(entries);
};

const matrixFrame = ({ type, shape, elements }: Tensor): Frame => {
  if (shape.length > 2)
    throw schemaViolation(`The signature has columns, but the input has ${shape.length} dimensions`);
  const rowCount = shape[0] ?? 1;
  const width = shape[1] ?? 1;
  const columns = Array.from({ length: width }, (_, at) => ({
    name: at,
    type,
    cells: Array.from({ length: rowCount }, (_row, row) => elements[row * width + at]),
  }));
  return { kind: 'frame', columns, rowCount };
};

type Entries = readonly (readonly [string, Tensor | Nested])[];

const rowFrame = (entries: Entries): Frame => ({
  kind: 'frame',
  rowCount: 1,
  columns: entries.map(([name, value]) => {
    if (value.kind === 'nested') return { name, type: 'object', cells: [value.value] };
    return { name, type: value.shape.length === 0 ? value.type : 'object', cells: [toNested(value)] };
  }),
});

const columnFrame = (entries: Entries): Frame => {
  const lengths = entries.flatMap(([, value]) => lengthOf(value) ?? []);
  const rowCount = lengths[0] ?? 1;
  if (lengths.some((length) => length !== rowCount)) throw schemaViolation('All columns must have the same length');
  return { kind: 'frame', rowCount, columns: entries.map(([name, value]) => toColumn(name, value, rowCount)) };
};

const lengthOf = (value: Tensor | Nested): number | undefined => {
  if (value.kind === 'tensor') return value.shape[0];
  return Array.isArray(value.value) ? value.value.length : undefined;
};

const toColumn = (name: string, value: Tensor | Nested, rowCount: number): Column => {
  const whole = value.kind === 'nested' ? value.value : toNested(value);
  // A scalar beside lists fills the whole column.
  const cells = Array.isArray(whole) ? whole : Array.from({ length: rowCount }, () => whole);
  const type = value.kind === 'tensor' && value.shape.length <= 1 ? value.type : 'object';
  return { name, type, cells };
};
