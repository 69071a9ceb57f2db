import type { Tensor as OnnxTensor } from 'onnxruntime-node';
import { ModelError } from './model-error.ts';
import { toNested } from './tensors.ts';

/**
 * The graph's outputs as MLflow's ONNX flavor answers them: to a table with one record per row, each output
 * flattened into one field; to arrays with one nested list per output.
 *
 * @throws ModelError when the outputs of a table's answer are not equally long
 */
export const toPredictions = (
  outputs: Readonly<Record<string, OnnxTensor>>,
  { asked }: { asked: 'table' | 'arrays' },
): unknown => {
  const columns = Object.entries(outputs).map(([name, tensor]) => ({ name, tensor, elements: elementsOf(tensor) }));
  if (asked === 'arrays') {
    return Object.fromEntries(
      columns.map(({ name, tensor, elements }) => [name, toNested({ shape: tensor.dims, elements })]),
    );
  }
  const rowCount = columns[0]?.elements.length ?? 0;
  if (columns.some(({ elements }) => elements.length !== rowCount)) {
    throw new ModelError('The outputs of the model have different lengths, so they do not form rows');
  }
  return Array.from({ length: rowCount }, (_, row) =>
    Object.fromEntries(columns.map(({ name, elements }) => [name, elements[row]])),
  );
};

/**
 * The only output of a converted graph, as the model itself answered: a list, or lists per row.
 *
 * @throws ModelError when there is not exactly one
 */
export const toPlainPredictions = (outputs: Readonly<Record<string, OnnxTensor>>): unknown => {
  const [only, ...more] = Object.values(outputs);
  if (only === undefined || more.length > 0) throw new ModelError('A converted model has exactly one output');
  return toNested({ shape: only.dims, elements: elementsOf(only) });
};

const elementsOf = ({ type, data }: OnnxTensor): readonly unknown[] => {
  const elements = Array.from<unknown>(data as ArrayLike<unknown>);
  if (type === 'bool') return elements.map(Boolean);
  if (type === 'int64' || type === 'uint64') return elements.map(numberIfExact);
  return elements;
};

const numberIfExact = (element: unknown): unknown => {
  const number = Number(element);
  return Number.isSafeInteger(number) ? number : element;
};
