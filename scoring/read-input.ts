import type { Schema, Signature } from '../shared/packaging/model/signature.ts';
import { castInputs, castInstances, type NamedValues } from './cast-arrays.ts';
import { castTable } from './cast-table.ts';
import { type Frame, isRecord, type ModelInput, type Tensor } from './data.ts';
import { enforceColumns } from './enforce-columns.ts';
import { enforceTensors } from './enforce-tensors.ts';
import { parseJsonText } from './json-text.ts';
import { enforceParams } from './params.ts';
import { badRequest, schemaViolation } from './scoring-error.ts';
import { fromRecords, fromSplit } from './table.ts';
import { toFrame } from './to-frame.ts';

/** The keys of which a request has exactly one. `input_data` is Azure ML's, the others are MLflow's. */
export const INPUT_KEYS = ['input_data', 'dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const;

type InputKey = (typeof INPUT_KEYS)[number];

export interface ScoringRequest {
  readonly input: ModelInput;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * What a JSON body asks, cast and held against the signature in MLflow's two stages.
 *
 * @throws ScoringError 400 for anything the model must not see
 */
export const readJsonInput = (text: string, signature: Signature | undefined): ScoringRequest => {
  const body = parseJsonText(text, { exact: needsExactNumbers(signature) });
  if (!isRecord(body)) throw badRequest(`${expectation} Received ${Array.isArray(body) ? 'a list' : 'a scalar'}.`);
  const keys = INPUT_KEYS.filter((key) => Object.hasOwn(body, key));
  const [key, ...more] = keys;
  if (key === undefined || more.length > 0) {
    throw badRequest(`${expectation} Received ${keys.length > 0 ? keys.join(' and ') : listed(Object.keys(body))}.`);
  }
  const input = castStage(key, body[key], signature?.inputs);
  return { input: enforceStage(input, signature?.inputs), params: enforceParams(body['params'], signature?.params) };
};

const expectation = `The input must be a JSON dictionary with exactly one of the input fields ${INPUT_KEYS.join(', ')}.`;

const listed = (keys: readonly string[]): string =>
  keys.length > 0 ? `the fields ${keys.slice(0, 10).join(', ')}` : 'none';

const castStage = (key: InputKey, value: unknown, schema: Schema | undefined): Frame | Tensor | NamedValues => {
  switch (key) {
    case 'dataframe_split':
      return castTable(fromSplit(value), schema);
    case 'dataframe_records':
      return castTable(fromRecords(value), schema);
    case 'instances':
      return castInstances(value, schema);
    case 'inputs':
      return castInputs(value, schema);
    case 'input_data':
      return isSplit(value) ? castTable(fromSplit(value), schema) : castInputs(value, schema);
  }
};

/** Azure ML's table form. Without `columns` a dictionary is a set of named tensors there. */
const isSplit = (value: unknown): boolean =>
  isRecord(value) &&
  Array.isArray(value['columns']) &&
  Array.isArray(value['data']) &&
  Object.keys(value).every((key) => key === 'columns' || key === 'data' || key === 'index');

/**
 * The second stage, which holds for every form of request.
 *
 * @throws ScoringError 400 when the data does not fit the signature
 */
export const enforceStage = (input: Frame | Tensor | NamedValues, schema: Schema | undefined): ModelInput => {
  if (schema?.kind === 'tensors') return enforceTensors(input, schema.tensors, schema.named);
  if (schema?.kind === 'columns') {
    const frame = input.kind === 'frame' ? input : toFrame(input, schema.columns);
    return enforceColumns(frame, schema.columns, schema.named);
  }
  if (input.kind !== 'values') return input;
  const tensors = [...input.values].map(([name, value]): [string, Tensor] => {
    if (value.kind !== 'tensor') throw schemaViolation(`'${name}' is no array`);
    return [name, value];
  });
  return { kind: 'tensors', tensors: new Map(tensors) };
};

const INEXACT_TYPES = new Set(['boolean', 'integer', 'float', 'double']);
const EXACT_TENSORS = new Set(['int64', 'uint64', 'str', 'object']);

/** Whether it matters for this signature how a number was written, or that it has more digits than a double. */
const needsExactNumbers = (signature: Signature | undefined): boolean => {
  if (signature?.inputs === undefined || signature.params !== undefined) return true;
  if (signature.inputs.kind === 'tensors')
    return signature.inputs.tensors.some(({ dtype }) => EXACT_TENSORS.has(dtype));
  return !signature.inputs.columns.every(({ type }) => type.kind === 'scalar' && INEXACT_TYPES.has(type.scalar));
};
