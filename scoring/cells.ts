import type { ScalarType } from '../shared/packaging/model/signature.ts';
import { type ElementType, FloatLiteral, isFraction, isWhole, unmarked } from './data.ts';
import { toJsonText } from './json-text.ts';
import { badRequest } from './scoring-error.ts';

const WHOLE_TEXT = /^[+-]?\d+(?:_\d+)*$/;
const FLOAT_TEXT = /^[+-]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?$/;
const SPECIAL_TEXT = /^([+-]?)(nan|inf|infinity)$/i;
const ISO_TEXT =
  /^(\d{4})-(\d{2})(?:-(\d{2}))?(?:[T ](\d{2})(?::?(\d{2})(?::?(\d{2})(\.\d{1,9})?)?)?)?(Z|[+-]\d{2}:?\d{2})?$/;

/** Bits and sign of the whole-number types. */
const WHOLE_TYPES: Partial<Record<ElementType, { readonly bits: number; readonly signed: boolean }>> = {
  int8: { bits: 8, signed: true },
  uint8: { bits: 8, signed: false },
  int16: { bits: 16, signed: true },
  uint16: { bits: 16, signed: false },
  int32: { bits: 32, signed: true },
  uint32: { bits: 32, signed: false },
  int64: { bits: 64, signed: true },
  uint64: { bits: 64, signed: false },
};

/** The element type that a column of the signature has once it is converted. */
export const ELEMENT_TYPES = {
  boolean: 'bool',
  integer: 'int32',
  long: 'int64',
  float: 'float32',
  double: 'float64',
  string: 'string',
  binary: 'binary',
  datetime: 'datetime',
  any: 'object',
} as const satisfies Record<ScalarType, ElementType>;

/**
 * How numbers that do not fit and texts for bytes are taken: `table` as pandas does for dataframe_*, `array` as
 * numpy does for inputs and instances.
 */
export type CastMode = 'table' | 'array';

/**
 * A raw JSON value as an element of a type.
 *
 * @throws ScoringError 400 when the value cannot be converted
 */
export const castCell = (raw: unknown, type: ElementType, mode: CastMode): unknown => {
  const whole = WHOLE_TYPES[type];
  if (whole) return fitted(toWhole(raw), whole, mode);
  switch (type) {
    case 'float64':
      return toFloat(raw);
    case 'float32':
    case 'float16':
      return Math.fround(toFloat(raw));
    case 'bool':
      return isTruthy(raw);
    case 'string':
      return mode === 'array' ? pythonText(raw) : unmarked(raw);
    case 'binary':
      return toBytes(raw, mode);
    case 'datetime':
      return toDatetime(raw);
    default:
      return unmarked(raw);
  }
};

const toWhole = (raw: unknown): bigint => {
  if (typeof raw === 'boolean') return raw ? 1n : 0n;
  if (isWhole(raw)) return BigInt(raw);
  if (isFraction(raw)) {
    const value = Number(unmarked(raw));
    if (Number.isFinite(value)) return BigInt(Math.trunc(value));
  }
  if (typeof raw === 'string' && WHOLE_TEXT.test(raw.trim()))
    return BigInt(raw.trim().replaceAll('_', '').replace('+', ''));
  throw badRequest(`${shown(raw)} cannot be converted to a whole number`);
};

const fitted = (
  value: bigint,
  { bits, signed }: { bits: number; signed: boolean },
  mode: CastMode,
): number | bigint => {
  const wrapped = signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  if (mode === 'array' && wrapped !== value) {
    throw badRequest(`${value} does not fit into a whole number of ${bits} bits`);
  }
  const number = Number(wrapped);
  return Number.isSafeInteger(number) ? number : wrapped;
};

const toFloat = (raw: unknown): number => {
  if (typeof raw === 'number') return raw;
  if (raw === null) return Number.NaN;
  if (typeof raw === 'boolean' || typeof raw === 'bigint') return Number(raw);
  if (raw instanceof FloatLiteral) return raw.value;
  if (typeof raw === 'string') {
    const text = raw.trim();
    if (FLOAT_TEXT.test(text)) return Number(text.replaceAll('_', ''));
    const special = SPECIAL_TEXT.exec(text);
    if (special) return special[2]?.toLowerCase() === 'nan' ? Number.NaN : Number(`${special[1]}Infinity`);
  }
  throw badRequest(`${shown(raw)} cannot be converted to a number`);
};

/** Python's truth: empty texts and lists, zero and null are false, everything else is true, also the text "false". */
const isTruthy = (raw: unknown): boolean => {
  if (Array.isArray(raw)) return raw.length > 0;
  const value = unmarked(raw);
  return typeof value === 'number' ? value !== 0 : Boolean(value);
};

const pythonText = (raw: unknown): string => {
  if (raw === null) return 'None';
  if (typeof raw === 'boolean') return raw ? 'True' : 'False';
  if (raw instanceof FloatLiteral) return raw.value.toFixed(1);
  if (typeof raw === 'number' && Number.isNaN(raw)) return 'nan';
  return typeof raw === 'object' ? toJsonText(unmarked(raw)) : String(raw);
};

const toBytes = (raw: unknown, mode: CastMode): Buffer => {
  if (mode === 'array') return Buffer.from(pythonText(raw), 'utf8');
  if (typeof raw !== 'string') throw badRequest(`${shown(raw)} is not base64 text`);
  return Buffer.from(raw, 'base64');
};

const NANOSECONDS_PER_MS = 1_000_000n;

const toDatetime = (raw: unknown): string | null => {
  if (raw === null) return null;
  if (isWhole(raw)) return fromNanoseconds(BigInt(raw));
  const match = typeof raw === 'string' ? ISO_TEXT.exec(raw.trim()) : null;
  if (!match) throw badRequest(`${shown(raw)} is not an ISO-8601 date or time`);
  const [, year, month, day = '01', hour = '00', minute = '00', second = '00', fraction = '', zone] = match;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const instant = Date.parse(`${local}${zone ?? 'Z'}`);
  if (Number.isNaN(instant)) throw badRequest(`${shown(raw)} is not a valid date or time`);
  return `${new Date(instant).toISOString().slice(0, 19)}${fraction}`;
};

const fromNanoseconds = (nanoseconds: bigint): string => {
  const date = new Date(Number(nanoseconds / NANOSECONDS_PER_MS));
  if (Number.isNaN(date.getTime())) throw badRequest(`${nanoseconds} nanoseconds are no date`);
  return date.toISOString().replace(/(?:\.000)?Z$/, '');
};

/** True for a date or time text that says which zone it is in; the signature's datetime has none. */
export const hasZone = (raw: unknown): boolean =>
  typeof raw === 'string' && ISO_TEXT.exec(raw.trim())?.[8] !== undefined;

/** A value in a message: its kind, and the value itself only when it is a short scalar. */
export const shown = (raw: unknown): string => {
  if (raw === null || raw === undefined) return 'null';
  if (Array.isArray(raw)) return 'a list';
  const value = unmarked(raw);
  if (typeof value === 'object') return 'an object';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
