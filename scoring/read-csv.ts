import type { ScalarType, Schema, Signature } from '../shared/packaging/model/signature.ts';
import { castTable } from './cast-table.ts';
import { parseCsv } from './csv.ts';
import { enforceParams } from './params.ts';
import { enforceStage, type ScoringRequest } from './read-input.ts';
import { badRequest } from './scoring-error.ts';
import { fromSplit } from './table.ts';

/**
 * What a CSV body with a header asks. It is stricter than JSON: a whole number has no fraction, and a truth is one
 * of two words.
 *
 * @throws ScoringError 400 for anything the model must not see
 */
export const readCsvInput = (text: string, signature: Signature | undefined): ScoringRequest => {
  const { header, rows } = parseCsv(text);
  const schema = signature?.inputs;
  const scalars = header.map((name, at) => declaredScalar(schema, name, at));
  const data = rows.map((row) => header.map((name, at) => csvCell(row[at] ?? '', scalars[at], name)));
  const input = castTable(fromSplit({ columns: header, data }), schema);
  return { input: enforceStage(input, schema), params: enforceParams(undefined, signature?.params) };
};

const declaredScalar = (schema: Schema | undefined, name: string, at: number): ScalarType | undefined => {
  if (schema?.kind !== 'columns') return undefined;
  const spec = schema.named ? schema.columns.find((column) => column.name === name) : schema.columns[at];
  return spec?.type.kind === 'scalar' ? spec.type.scalar : undefined;
};

const csvCell = (field: string, scalar: ScalarType | undefined, name: string): unknown => {
  const isMissing = field === '' || field === 'NaN' || field === 'nan';
  switch (scalar) {
    case 'long':
    case 'integer':
      if (/^\s*[+-]?\d+\s*$/.test(field)) return field;
      throw badRequest(`CSV column '${name}' is ${scalar}, but a cell holds '${field}'`);
    case 'boolean':
      if (/^(?:true|false)$/i.test(field)) return field.toLowerCase() === 'true';
      throw badRequest(`CSV column '${name}' is boolean, but a cell holds '${field}'`);
    case undefined:
      return isMissing ? null : numberOrText(field);
    default:
      return isMissing ? null : field;
  }
};

const numberOrText = (field: string): number | string =>
  /^-?\d{1,15}(?:\.\d*)?(?:[eE][+-]?\d+)?$/.test(field) ? Number(field) : field;
