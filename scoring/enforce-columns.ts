import type { ColumnSpec } from '../shared/packaging/model/signature.ts';
import { ELEMENT_TYPES } from './cells.ts';
import type { Column, ElementType, Frame } from './data.ts';
import { schemaViolation } from './scoring-error.ts';

/**
 * The frame with exactly the signature's columns, in its order.
 *
 * Columns that the signature does not name are dropped, optional ones may be absent. Without names only the count
 * matters, and types go by position.
 *
 * @throws ScoringError 400 when a required column is missing or one has a type that does not widen safely
 */
export const enforceColumns = (frame: Frame, specs: readonly ColumnSpec[], named: boolean): Frame => ({
  ...frame,
  columns: named ? namedColumns(frame, specs) : unnamedColumns(frame, specs),
});

const namedColumns = (frame: Frame, specs: readonly ColumnSpec[]): Column[] => {
  const byName = new Map(frame.columns.map((column) => [column.name, column]));
  const missing = specs.filter((spec) => spec.required && !byName.has(spec.name ?? ''));
  if (missing.length > 0) throw missingInputs(missing, specs, frame);
  return specs.flatMap((spec) => {
    const column = byName.get(spec.name ?? '');
    return column ? [enforceType(column, spec)] : [];
  });
};

const missingInputs = (missing: readonly ColumnSpec[], specs: readonly ColumnSpec[], frame: Frame): Error => {
  const known = new Set<unknown>(specs.map(({ name }) => name));
  const extra = frame.columns.map(({ name }) => name).filter((name) => !known.has(name));
  const note = extra.length > 0 ? ` Note that there were extra inputs: ${quoted(extra)}.` : '';
  return schemaViolation(`Model is missing inputs ${quoted(missing.map(({ name }) => name ?? ''))}.${note}`);
};

const quoted = (names: readonly (string | number)[]): string =>
  `[${names.map((name) => (typeof name === 'number' ? String(name) : `'${name}'`)).join(', ')}]`;

const unnamedColumns = (frame: Frame, specs: readonly ColumnSpec[]): Column[] => {
  if (frame.columns.length < specs.length) {
    throw schemaViolation(
      `Model inference is missing inputs. The signature declares ${specs.length} inputs, but only ${frame.columns.length} were given.`,
    );
  }
  return specs.flatMap((spec, at) => {
    const column = frame.columns[at];
    return column ? [enforceType(column, spec)] : [];
  });
};

const enforceType = (column: Column, spec: ColumnSpec): Column => {
  if (spec.type.kind !== 'scalar' || spec.type.scalar === 'any') return column;
  const wanted = ELEMENT_TYPES[spec.type.scalar];
  if (column.type === wanted) return column;
  if (column.type === 'object' && (wanted === 'string' || wanted === 'bool' || wanted === 'binary')) return column;
  if (widens(column, wanted)) return { ...column, type: wanted };
  throw schemaViolation(
    `Incompatible input types for column ${column.name}. Can not safely convert ${column.type} to ${wanted}.${hint(column, wanted)}`,
  );
};

/** Within a kind any narrower type widens; 64-bit whole numbers become fractions only when all are 0 or 1. */
const widens = ({ type, cells }: Column, wanted: ElementType): boolean => {
  if (wanted === 'binary') return type === 'string';
  if (wanted === 'float64' && type === 'float32') return true;
  if (wanted === 'int64' && /^(?:u?int(?:8|16|32))$/.test(type)) return true;
  if (wanted === 'float64' && /^(?:u?int(?:8|16|32))$/.test(type)) return true;
  if ((wanted === 'float64' || wanted === 'float32') && type === 'int64') {
    return cells.every((cell) => cell === 0 || cell === 1);
  }
  return false;
};

const hint = ({ type, cells }: Column, wanted: ElementType): string => {
  const isWholeButMissing = cells.every((cell) => Number.isNaN(cell) || Number.isInteger(cell));
  const applies = type === 'float64' && wanted.startsWith('int') && cells.some(Number.isNaN) && isWholeButMissing;
  return applies
    ? ' Hint: missing values make whole numbers fractions; declare the column as double if it may have any.'
    : '';
};
