import { describe, expect, it } from 'vitest';
import type { ModelInput, Tensor } from '../../../scoring/data.ts';
import { readJsonInput } from '../../../scoring/read-input.ts';
import { ScoringError } from '../../../scoring/scoring-error.ts';
import { signatureSchema } from '../../../shared/packaging/model/signature.ts';
import { readFixture } from '../../support/scoring/read-fixture.ts';

interface RecordedCase {
  readonly name: string;
  readonly inputs: unknown;
  readonly paramSpecs: unknown;
  readonly body: string;
  readonly accepted?: unknown;
  readonly params?: unknown;
  readonly refused?: string;
}

/** What MLflow 3.17.2 answered to the same signatures and bodies; `fixtures/record.py` writes it. */
const recorded = readFixture<RecordedCase>('enforcement');

/** pandas repeats the only row for every index entry; a request like that is a mistake of the caller. */
const DELIBERATE_DIFFERENCES: Readonly<Record<string, string>> = {
  'split with an index of another length': 'BAD_REQUEST',
};

const signatureOf = ({ inputs, paramSpecs }: RecordedCase) =>
  signatureSchema.parse({
    inputs: inputs === null ? null : JSON.stringify(inputs),
    params: paramSpecs === null ? null : JSON.stringify(paramSpecs),
  });

const outcome = (recordedCase: RecordedCase): unknown => {
  try {
    const { input, params } = readJsonInput(recordedCase.body, signatureOf(recordedCase));
    return { accepted: plainInput(input), params };
  } catch (error) {
    if (!(error instanceof ScoringError)) throw error;
    expect(error.status).toBe(400);
    expect(error.message).not.toBe('');
    return { refused: error.errorCode };
  }
};

const plainInput = (input: ModelInput): unknown => {
  if (input.kind === 'tensor') return { tensor: plainTensor(input) };
  if (input.kind === 'tensors') {
    return { tensors: Object.fromEntries([...input.tensors].map(([name, tensor]) => [name, plainTensor(tensor)])) };
  }
  return {
    frame: input.columns.map(({ name, type, cells }) => ({
      name,
      // pandas has no type for bytes.
      dtype: type === 'binary' ? 'object' : type,
      cells: cells.map((cell) => plainCell(cell, type)),
    })),
  };
};

const plainTensor = ({ type, shape, elements }: Tensor) => ({
  dtype: type,
  shape,
  data: elements.map((element) => plainCell(element, type)),
});

const plainCell = (cell: unknown, type: string): unknown => {
  if (Buffer.isBuffer(cell)) return { base64: cell.toString('base64') };
  if (type === 'datetime') return { datetime: cell };
  // pandas marks a missing text with a float.
  if (type === 'string' && cell === null) return { float: 'nan' };
  if (typeof cell === 'number' && !Number.isFinite(cell)) return { float: Number.isNaN(cell) ? 'nan' : 'inf' };
  return typeof cell === 'bigint' ? Number(cell) : cell;
};

describe('signature enforcement', () => {
  it.each(recorded)('treats $name as MLflow does', (recordedCase) => {
    const different = DELIBERATE_DIFFERENCES[recordedCase.name];
    const { accepted, params, refused } = recordedCase;
    const expected = different ? { refused: different } : refused ? { refused } : { accepted, params };

    expect(outcome(recordedCase)).toEqual(expected);
  });
});
