import type { ElementType } from './data.ts';

const NUMPY_TYPES: Readonly<Record<string, ElementType>> = {
  bool: 'bool',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  float16: 'float16',
  float32: 'float32',
  float64: 'float64',
  str: 'string',
  string: 'string',
  bytes: 'binary',
};

/** The element type that a tensor's dtype in a signature means; `object` for what is neither number nor text. */
export const elementTypeOf = (dtype: string): ElementType =>
  dtype.startsWith('datetime64') ? 'datetime' : (NUMPY_TYPES[dtype] ?? 'object');
