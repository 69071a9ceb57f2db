/** Types of cells and tensor elements, by numpy's names. `object` is anything, `binary` is bytes. */
export type ElementType =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float16'
  | 'float32'
  | 'float64'
  | 'string'
  | 'binary'
  | 'datetime'
  | 'object';

/**
 * One column. Cells of whole-number types are numbers, or bigints where a number would lose digits; missing values
 * are NaN among floats and null elsewhere; datetimes are ISO text without a zone.
 */
export interface Column {
  readonly name: string | number;
  readonly type: ElementType;
  readonly cells: readonly unknown[];
}

/** A table; what pandas calls a DataFrame. All columns are equally long. */
export interface Frame {
  readonly kind: 'frame';
  readonly columns: readonly Column[];
  readonly rowCount: number;
}

/** An array of any rank, its elements in row-major order. An empty shape is a scalar. */
export interface Tensor {
  readonly kind: 'tensor';
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly elements: readonly unknown[];
}

export interface NamedTensors {
  readonly kind: 'tensors';
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** What a model is asked with, after parsing and enforcement. */
export type ModelInput = Frame | Tensor | NamedTensors;

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof FloatLiteral);

/** A whole number that was written as a fraction, such as `1.0`: to MLflow a float, to JavaScript the same as 1. */
export class FloatLiteral {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** True for what the JSON text wrote as a whole number. */
export const isWhole = (raw: unknown): raw is number | bigint =>
  typeof raw === 'bigint' || (typeof raw === 'number' && Number.isInteger(raw));

/** True for what the JSON text wrote as a fraction, in exponent form, or as NaN or Infinity. */
export const isFraction = (raw: unknown): raw is number | FloatLiteral =>
  raw instanceof FloatLiteral || (typeof raw === 'number' && !Number.isInteger(raw));

/** The value without the mark of how it was written, at any depth. */
export const unmarked = (raw: unknown): unknown => {
  if (raw instanceof FloatLiteral) return raw.value;
  if (Array.isArray(raw)) return raw.map(unmarked);
  if (isRecord(raw)) return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, unmarked(value)]));
  return raw;
};
