import type { DataType, Property } from '../shared/packaging/model/signature.ts';
import { castCell, ELEMENT_TYPES, shown } from './cells.ts';
import { type ElementType, isFraction, isRecord, isWhole, unmarked } from './data.ts';
import { badRequest } from './scoring-error.ts';

/**
 * A raw value held against a nested type. Unlike plain columns nothing is converted: `[1, 2]` is no list of doubles.
 *
 * @throws ScoringError 400 when the value is of another type
 */
export const enforceNested = (raw: unknown, type: DataType, required = true): unknown => {
  switch (type.kind) {
    case 'scalar':
      return enforceScalar(raw, type.scalar === 'any' ? 'object' : ELEMENT_TYPES[type.scalar], required);
    case 'array':
      return enforceArray(raw, type.items, required);
    case 'object':
      return enforceObject(raw, type.properties, required);
    case 'map':
      return enforceMap(raw, type.values, required);
  }
};

const isAny = (type: DataType): boolean => type.kind === 'scalar' && type.scalar === 'any';

const enforceScalar = (raw: unknown, type: ElementType, required: boolean): unknown => {
  if (type === 'object') return unmarked(raw);
  if (raw === null) {
    if (!required) return null;
    throw mismatch(raw, type);
  }
  if (!isSafe([raw], type)) throw mismatch(raw, type);
  return castCell(raw, type, 'table');
};

const enforceArray = (raw: unknown, items: DataType, required: boolean): unknown => {
  if (raw === null && (!required || isAny(items))) return raw;
  if (!Array.isArray(raw)) throw badRequest(`Expected a list, got ${shown(raw)}`);
  if (items.kind !== 'scalar' || isAny(items)) return raw.map((item) => enforceNested(item, items, required));
  const type = ELEMENT_TYPES[items.scalar];
  const odd = isSafe(raw, type) ? undefined : raw.find((item) => !isSafe([item], type));
  if (odd !== undefined || !isSafe(raw, type)) throw mismatch(odd ?? raw[0], type);
  return raw.map((item) => castCell(item, type, 'table'));
};

const enforceObject = (raw: unknown, properties: Readonly<Record<string, Property>>, required: boolean): unknown => {
  if (raw === null && !required) return null;
  if (!isRecord(raw)) throw badRequest(`Expected an object, got ${shown(raw)}`);
  const missing = Object.keys(properties).filter((name) => properties[name]?.required && !Object.hasOwn(raw, name));
  if (missing.length > 0) throw badRequest(`Missing required properties: ${missing.join(', ')}`);
  const entries = Object.entries(raw).map(([name, value]) => {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!property) throw badRequest(`Property '${name}' is not in the signature`);
    return [name, enforceNested(value, property.type, property.required)];
  });
  return Object.fromEntries(entries);
};

const enforceMap = (raw: unknown, values: DataType, required: boolean): unknown => {
  if (raw === null && (!required || isAny(values))) return raw;
  if (!isRecord(raw)) throw badRequest(`Expected an object, got ${shown(raw)}`);
  return Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, enforceNested(value, values, required)]));
};

/** True when every value widens to the type without loss; for fractions whole numbers only when all are 0 or 1. */
const isSafe = (values: readonly unknown[], type: ElementType): boolean => {
  switch (type) {
    case 'float64':
      return values.some(isFraction)
        ? values.every(isNumeric)
        : values.every((value) => value === 0 || value === 1 || value === null);
    case 'float32':
      return values.every((value) => value === 0 || value === 1);
    case 'int64':
      return values.every(isWhole);
    case 'bool':
      return values.every((value) => typeof value === 'boolean');
    case 'string':
    case 'binary':
      return values.every((value) => typeof value === 'string');
    case 'datetime':
      return values.every((value) => typeof value === 'string');
    default:
      return false;
  }
};

const isNumeric = (value: unknown): boolean => isWhole(value) || isFraction(value) || value === null;

const mismatch = (raw: unknown, type: ElementType): Error =>
  badRequest(`Can not safely convert ${shown(raw)} to ${type}`);
