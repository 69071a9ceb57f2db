import type { ColumnSpec, Schema, TensorSpec } from '../shared/packaging/model/signature.ts';
import { ELEMENT_TYPES } from './cells.ts';
import { type Frame, isRecord, type Tensor } from './data.ts';
import { elementTypeOf } from './element-type.ts';
import { enforceNested } from './nested-types.ts';
import { badRequest, ScoringError } from './scoring-error.ts';
import { fromRecords } from './table.ts';
import { inferColumnType, normalizeCells, toTensor } from './tensors.ts';

/** A value of a nested type: it has no array form and stays one cell. */
export interface Nested {
  readonly kind: 'nested';
  readonly value: unknown;
}

export interface NamedValues {
  readonly kind: 'values';
  readonly values: ReadonlyMap<string, Tensor | Nested>;
}

type Spec = ColumnSpec | TensorSpec;

/**
 * The value of `inputs`, cast to what the signature declares: an array, named arrays, or (from a list of records) a
 * frame.
 *
 * @throws ScoringError 400 when an element cannot be cast or the value has another structure than the signature
 */
export const castInputs = (raw: unknown, schema: Schema | undefined): Tensor | NamedValues | Frame => {
  const specs = specsOf(schema);
  const only = schema?.named && specs.length === 1 ? specs[0] : undefined;
  if (only?.name !== undefined && Array.isArray(raw) && !raw.some(isRecord)) {
    return { kind: 'values', values: new Map([[only.name, convert(raw, only)]]) };
  }
  if (isRecord(raw)) {
    if (schema && !schema.named) {
      throw badRequest('The signature has no input names, so one array or scalar is expected, not an object');
    }
    return {
      kind: 'values',
      values: new Map(Object.entries(raw).map(([name, value]) => [name, convert(value, byName(specs, name))])),
    };
  }
  if (Array.isArray(raw) && raw.length > 0 && raw.every(isRecord)) return recordFrame(raw, specs);
  const value = convert(raw, specs[0]);
  return value.kind === 'tensor' ? value : { kind: 'values', values: new Map([['0', value]]) };
};

/**
 * The value of `instances`: like `inputs`, except that a list of records becomes one array per name and all names
 * need equally many rows.
 *
 * @throws ScoringError 400 as for `inputs`, and when the lengths differ
 */
export const castInstances = (raw: unknown, schema: Schema | undefined): Tensor | NamedValues | Frame => {
  const isRecords = Array.isArray(raw) && isRecord(raw[0]);
  const result = isRecords ? recordColumns(raw, specsOf(schema)) : castInputs(raw, schema);
  if (result.kind === 'values') requireEqualLengths(result, schema);
  return result;
};

const specsOf = (schema: Schema | undefined): readonly Spec[] =>
  schema === undefined ? [] : schema.kind === 'columns' ? schema.columns : schema.tensors;

const byName = (specs: readonly Spec[], name: string): Spec | undefined => specs.find((spec) => spec.name === name);

const isTensorSpec = (spec: Spec): spec is TensorSpec => 'dtype' in spec;

const isNested = (spec: Spec | undefined): spec is ColumnSpec =>
  spec !== undefined && !isTensorSpec(spec) && (spec.type.kind !== 'scalar' || spec.type.scalar === 'any');

const convert = (raw: unknown, spec: Spec | undefined): Tensor | Nested => {
  try {
    if (spec === undefined) return toTensor(raw);
    if (isTensorSpec(spec)) return toTensor(raw, elementTypeOf(spec.dtype));
    if (spec.type.kind !== 'scalar' || spec.type.scalar === 'any') {
      return { kind: 'nested', value: enforceNested(raw, spec.type, spec.required) };
    }
    return toTensor(raw, ELEMENT_TYPES[spec.type.scalar]);
  } catch (cause) {
    if (!(cause instanceof ScoringError) || spec?.name === undefined) throw cause;
    throw badRequest(`Input '${spec.name}': ${cause.message}`);
  }
};

const recordFrame = (records: readonly unknown[], specs: readonly Spec[]): Frame => {
  const { columns, rowCount } = fromRecords(records);
  return {
    kind: 'frame',
    rowCount,
    columns: columns.map(({ name, cells }) => {
      const spec = byName(specs, String(name));
      if (spec === undefined || isTensorSpec(spec) || isNested(spec)) {
        const values = isNested(spec) ? cells.map((cell) => enforceNested(cell, spec.type, spec.required)) : cells;
        const type = isNested(spec) ? 'object' : inferColumnType(values);
        return { name, type, cells: normalizeCells(values, type) };
      }
      const tensor = convert(cells, spec);
      return tensor.kind === 'tensor'
        ? { name, type: tensor.type, cells: tensor.elements }
        : { name, type: 'object', cells };
    }),
  };
};

const recordColumns = (records: readonly unknown[], specs: readonly Spec[]): NamedValues => {
  const lists = new Map<string, unknown[]>();
  for (const record of records) {
    if (!isRecord(record)) throw badRequest("'instances' mixes records with other values");
    for (const [name, value] of Object.entries(record)) append(lists, name, value);
  }
  const values = [...lists].map(([name, list]): [string, Tensor | Nested] => {
    const spec = byName(specs, name);
    if (!isNested(spec)) return [name, convert(list, spec)];
    return [name, { kind: 'nested', value: list.map((item) => enforceNested(item, spec.type, spec.required)) }];
  });
  return { kind: 'values', values: new Map(values) };
};

const requireEqualLengths = ({ values }: NamedValues, schema: Schema | undefined): void => {
  const isOptional = (name: string): boolean =>
    schema?.kind === 'columns' && schema.named && !schema.columns.some((spec) => spec.name === name && spec.required);
  const isUnknown = (name: string): boolean => schema?.named === true && byName(specsOf(schema), name) === undefined;
  const lengths = [...values].flatMap(([name, value]) =>
    value.kind === 'tensor' && value.shape.length > 0 && !isOptional(name) && !isUnknown(name) ? [value.shape[0]] : [],
  );
  if (new Set(lengths).size > 1) throw badRequest("All names in 'instances' must have the same number of rows");
};

const append = (lists: Map<string, unknown[]>, name: string, value: unknown): void => {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
};
