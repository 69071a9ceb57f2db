import { type InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { type ElementType, type Frame, isWhole, type ModelInput, type Tensor } from './data.ts';
import { ModelError } from './model-error.ts';

type Feeds = Record<string, OnnxTensor>;
type InputMetadata = InferenceSession.ValueMetadata;

/**
 * The data as the graph's inputs, by the rules of MLflow's ONNX flavor: the table's columns in order as one matrix
 * when the graph has one input, one vector per column of that name when it has several; doubles become floats where
 * the graph wants floats, and nothing else is converted. Without a signature the graph's own types are the only ones
 * known, so whole numbers become what it wants: a caller who writes 1 may mean 1.0.
 *
 * @throws ModelError when the graph cannot take the data
 */
export const toFeeds = (
  input: ModelInput,
  metadata: readonly InputMetadata[],
  { signed }: { readonly signed: boolean } = { signed: true },
): Feeds => {
  const toOnnx: Convert = (tensor, wanted) => onnxTensor(signed ? tensor : inTypeOf(wanted, tensor), wanted);
  const [only, ...more] = metadata;
  if (only === undefined) throw new ModelError('The model has no inputs');
  if (input.kind === 'frame') {
    return more.length === 0 ? { [only.name]: toOnnx(matrix(input), only) } : columnFeeds(input, metadata, toOnnx);
  }
  if (input.kind === 'tensors') return namedFeeds(input.tensors, metadata, toOnnx);
  if (more.length > 0) throw new ModelError(`The model has ${metadata.length} inputs, so one array is not enough`);
  return { [only.name]: toOnnx(input, only) };
};

type Convert = (tensor: Tensor, input: InputMetadata) => OnnxTensor;

const namedFeeds = (
  tensors: ReadonlyMap<string, Tensor>,
  metadata: readonly InputMetadata[],
  toOnnx: Convert,
): Feeds => {
  const unknown = [...tensors.keys()].find((name) => !metadata.some((input) => input.name === name));
  if (unknown !== undefined) throw new ModelError(`The model has no input '${unknown}'`);
  return Object.fromEntries(
    metadata.map((input) => {
      const tensor = tensors.get(input.name);
      if (!tensor) throw new ModelError(`The model needs the input '${input.name}'`);
      return [input.name, toOnnx(tensor, input)];
    }),
  );
};

const columnFeeds = ({ columns, rowCount }: Frame, metadata: readonly InputMetadata[], toOnnx: Convert): Feeds =>
  Object.fromEntries(
    metadata.map((input) => {
      const column = columns.find(({ name }) => name === input.name);
      if (!column) throw new ModelError(`The model needs the column '${input.name}'`);
      // skl2onnx makes its inputs one-column matrices.
      const shape = input.isTensor && input.shape.length === 2 && input.shape[1] === 1 ? [rowCount, 1] : [rowCount];
      return [input.name, toOnnx({ kind: 'tensor', type: column.type, shape, elements: column.cells }, input)];
    }),
  );

const matrix = ({ columns, rowCount }: Frame): Tensor => {
  const width = columns.length;
  const elements = new Array<unknown>(rowCount * width);
  for (const [at, { cells }] of columns.entries()) {
    for (let row = 0; row < rowCount; row += 1) elements[row * width + at] = cells[row];
  }
  return { kind: 'tensor', type: commonType(columns.map(({ type }) => type)), shape: [rowCount, width], elements };
};

/** The type of a matrix whose columns have these types. */
const commonType = (types: readonly ElementType[]): ElementType => {
  const [first = 'float64', ...rest] = new Set(types);
  if (rest.length === 0) return first;
  const isNumeric = [first, ...rest].every((type) => /^(?:u?int|float)/.test(type));
  if (!isNumeric) return 'object';
  return types.some((type) => type.startsWith('float')) ? 'float64' : 'int64';
};

const inTypeOf = (input: InputMetadata, tensor: Tensor): Tensor => {
  const isNumber = input.isTensor && (input.type in ARRAYS || input.type === 'int64' || input.type === 'uint64');
  if (!isNumber || !/^u?int/.test(tensor.type)) return tensor;
  const type = input.type as keyof typeof ARRAYS | 'int64' | 'uint64';
  return { ...tensor, type, elements: type.startsWith('float') ? tensor.elements.map(Number) : tensor.elements };
};

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
} as const;

const onnxTensor: Convert = (tensor, input) => {
  const wanted = input.isTensor ? input.type : undefined;
  const type = tensor.type === 'float64' && wanted === 'float32' ? 'float32' : tensor.type;
  if (type !== wanted) {
    throw new ModelError(`Unexpected data type for the input '${input.name}': ${tensor.type} instead of ${wanted}`);
  }
  const { elements, shape } = tensor;
  switch (type) {
    case 'string':
      return new OnnxTensor('string', elements.map(String), shape);
    case 'bool':
      return new OnnxTensor('bool', Uint8Array.from(elements, Number), shape);
    case 'int64':
      return new OnnxTensor('int64', BigInt64Array.from(elements.map(toBig)), shape);
    case 'uint64':
      return new OnnxTensor('uint64', BigUint64Array.from(elements.map(toBig)), shape);
    case 'float16':
      throw new ModelError('Inputs of type float16 are not supported');
    default:
      return new OnnxTensor(type, ARRAYS[type].from(elements.map(Number)), shape);
  }
};

const toBig = (element: unknown): bigint => (isWhole(element) ? BigInt(element) : 0n);
