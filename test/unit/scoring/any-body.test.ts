import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsvInput } from '../../../scoring/read-csv.ts';
import { INPUT_KEYS, readJsonInput } from '../../../scoring/read-input.ts';
import { ScoringError } from '../../../scoring/scoring-error.ts';
import { type Signature, signatureSchema } from '../../../shared/packaging/model/signature.ts';

const SIGNATURES = [
  undefined,
  '[{"name":"a","type":"double"},{"name":"b","type":"long","required":false}]',
  '[{"type":"string"},{"type":"datetime"}]',
  '[{"name":"a","type":"array","items":{"type":"object","properties":{"p":{"type":"any"}}}}]',
  '[{"name":"a","type":"map","values":{"type":"boolean"}},{"name":"b","type":"binary"}]',
  '[{"type":"tensor","tensor-spec":{"dtype":"float32","shape":[-1,2]}}]',
  '[{"type":"tensor","name":"a","tensor-spec":{"dtype":"int64","shape":[-1]}},{"type":"tensor","name":"b","tensor-spec":{"dtype":"str","shape":[-1,-1]}}]',
].map((inputs): Signature | undefined => (inputs === undefined ? undefined : signatureSchema.parse({ inputs })));

const signature = fc.constantFrom(...SIGNATURES);

const name = fc.constantFrom('a', 'b', '0', '__proto__', 'constructor');
const { value: anything } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 0, 1, 1.5, -1e300, 2 ** 60, 1e100, '', '7', 'x', 'NaN', '2026-01-01'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(name, tie('value'), { maxKeys: 3 }),
    fc.record({
      columns: fc.array(name, { maxLength: 2 }),
      data: fc.array(fc.array(tie('value'), { maxLength: 2 }), { maxLength: 2 }),
    }),
  ),
}));

const readOrRefuse = (read: () => unknown): void => {
  try {
    read();
  } catch (error) {
    if (!(error instanceof ScoringError)) throw error;
    expect(error.status).toBe(400);
  }
};

describe('any request body', () => {
  it('is read or refused with 400, never a fault of the server', () => {
    fc.assert(
      fc.property(signature, fc.constantFrom(...INPUT_KEYS), anything, (of, key, value) => {
        // What the generator writes as 1e100 is a whole number of 101 digits to Python.
        const body = JSON.stringify({ [key]: value }).replaceAll('1e+100', `1${'0'.repeat(100)}`);
        readOrRefuse(() => readJsonInput(body, of));
      }),
      { numRuns: 3000 },
    );
  });

  it('is read or refused with 400 as CSV too', () => {
    fc.assert(
      fc.property(
        signature,
        fc.array(fc.constantFrom('a', 'b', '1', '1.5', '"', ',', '\n', '\r\n', ' ', 'true')),
        (of, parts) => {
          readOrRefuse(() => readCsvInput(parts.join(''), of));
        },
      ),
      { numRuns: 1000 },
    );
  });
});
