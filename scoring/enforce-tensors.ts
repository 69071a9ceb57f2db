import type { TensorSpec } from '../shared/packaging/model/signature.ts';
import type { NamedValues } from './cast-arrays.ts';
import { castCell } from './cells.ts';
import type { Column, ElementType, Frame, ModelInput, NamedTensors, Tensor } from './data.ts';
import { elementTypeOf } from './element-type.ts';
import { ScoringError, schemaViolation } from './scoring-error.ts';
import { elementCount } from './tensors.ts';

/**
 * The tensors of the signature, with names if it has any. Names it does not know are dropped.
 *
 * @throws ScoringError 400 when one is missing or its rank, a fixed dimension or its type differs
 */
export const enforceTensors = (
  input: Tensor | NamedValues | Frame,
  specs: readonly TensorSpec[],
  named: boolean,
): ModelInput => {
  const [first] = specs;
  if (!named && first) return enforceUnnamed(input, first);
  if (input.kind === 'frame') return enforceEach(specs, (name) => tensorOf(input, name, specs));
  if (input.kind === 'values') return enforceEach(specs, (name) => tensorValue(input, name));
  return enforceEach(specs, () => (specs.length === 1 ? input : undefined));
};

const enforceEach = (specs: readonly TensorSpec[], find: (name: string) => Tensor | undefined): NamedTensors => {
  const found = specs.map((spec) => ({ spec, name: spec.name ?? '', tensor: find(spec.name ?? '') }));
  const missing = found.filter(({ tensor }) => tensor === undefined).map(({ name }) => `'${name}'`);
  if (missing.length > 0) throw schemaViolation(`Model is missing inputs [${missing.join(', ')}].`);
  return {
    kind: 'tensors',
    tensors: new Map(
      found.flatMap(({ spec, name, tensor }) => (tensor ? [[name, enforceShape(tensor, spec)] as const] : [])),
    ),
  };
};

const enforceUnnamed = (input: Tensor | NamedValues | Frame, spec: TensorSpec): Tensor => {
  if (input.kind === 'tensor') return enforceShape(input, spec);
  if (input.kind === 'values') throw schemaViolation('The signature has one tensor without a name, not named ones');
  const [column, ...more] = input.columns;
  if (column === undefined || input.rowCount === 0) throw schemaViolation('The input table is empty');
  if (more.length === 0) return columnTensor(column, spec);
  const width = input.columns.length;
  if (spec.shape.length !== 2 || spec.shape[0] !== -1 || spec.shape[1] !== width) {
    throw schemaViolation(`A table of ${width} columns does not fit the shape ${shapeText(spec.shape)}`);
  }
  const elements = Array.from(
    { length: input.rowCount * width },
    (_, at) => input.columns[at % width]?.cells[Math.floor(at / width)],
  );
  return { kind: 'tensor', type: elementTypeOf(spec.dtype), shape: [input.rowCount, width], elements };
};

const tensorOf = (frame: Frame, name: string, specs: readonly TensorSpec[]): Tensor | undefined => {
  const column = frame.columns.find((candidate) => candidate.name === name);
  const spec = specs.find((candidate) => candidate.name === name);
  return column && spec ? columnTensor(column, spec) : undefined;
};

const tensorValue = ({ values }: NamedValues, name: string): Tensor | undefined => {
  const value = values.get(name);
  return value?.kind === 'tensor' ? value : undefined;
};

/** One row of the tensor per cell: a scalar, or a list with the row's elements in order. */
const columnTensor = (column: Column, spec: TensorSpec): Tensor => {
  const type = elementTypeOf(spec.dtype);
  const elements = column.cells.flatMap((cell) =>
    Array.isArray(cell) ? castRow(cell.flat(32), type, column) : [cell],
  );
  const fixed = elementCount(spec.shape.map((size) => (size === -1 ? 1 : size)));
  const free = elements.length / fixed;
  const shape = spec.shape.map((size) => (size === -1 ? free : size));
  const isFitting = spec.shape.filter((size) => size === -1).length <= 1 && elementCount(shape) === elements.length;
  if (!isFitting || !Number.isInteger(free) || shape[0] !== column.cells.length) {
    throw schemaViolation(
      `The values of column '${column.name}' could not be converted to the expected shape ${shapeText(spec.shape)}`,
    );
  }
  return { kind: 'tensor', type, shape, elements };
};

const castRow = (row: readonly unknown[], type: ElementType, column: Column): readonly unknown[] => {
  try {
    return row.map((element) => castCell(element, type, 'table'));
  } catch (cause) {
    if (!(cause instanceof ScoringError)) throw cause;
    throw schemaViolation(`Column '${column.name}': ${cause.message}`);
  }
};

const enforceShape = (tensor: Tensor, spec: TensorSpec): Tensor => {
  const isFitting =
    tensor.shape.length === spec.shape.length &&
    spec.shape.every((size, at) => size === -1 || size === tensor.shape[at]);
  if (!isFitting && spec.dtype !== 'object') {
    throw schemaViolation(
      `Shape of input ${shapeText(tensor.shape)} does not match expected shape ${shapeText(spec.shape)}.`,
    );
  }
  return tensor;
};

const shapeText = (shape: readonly number[]): string => `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
