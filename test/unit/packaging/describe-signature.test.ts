import { describe, expect, it } from 'vitest';
import { describeSignature } from '../../../shared/packaging/model/describe-signature.ts';
import { signatureSchema } from '../../../shared/packaging/model/signature.ts';

describe('a signature for people', () => {
  it.each([
    ['a column', [{ type: 'double', name: 'age' }], 'age: double'],
    ['an optional column', [{ type: 'long', name: 'age', required: false }], 'age: long, optional'],
    ['a column without a name', [{ type: 'string' }], 'string'],
    ['a list', [{ type: 'array', items: { type: 'double' }, name: 'w' }], 'w: array<double>'],
    ['a map', [{ type: 'map', values: { type: 'any' }, name: 'm' }], 'm: map<any>'],
    [
      'an object',
      [{ type: 'object', properties: { p: { type: 'long' }, q: { type: 'string', required: false } }, name: 'o' }],
      'o: {p: long, q?: string}',
    ],
    ['a tensor', [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 28] } }], 'float32[*, 28]'],
    ['a named tensor', [{ type: 'tensor', name: 't', 'tensor-spec': { dtype: 'int64', shape: [2] } }], 't: int64[2]'],
  ])('shows %s', (_, inputs, line) => {
    const signature = signatureSchema.parse({ inputs: JSON.stringify(inputs) });

    expect(describeSignature(signature)).toEqual({ inputs: [line], outputs: [], params: [] });
  });

  it('shows parameters with their defaults', () => {
    const params = [
      { name: 't', type: 'double', default: 0.5, shape: null },
      { name: 'stop', type: 'string', default: ['a'], shape: [-1] },
      { name: 'n', type: 'long', default: null },
    ];

    expect(describeSignature(signatureSchema.parse({ params: JSON.stringify(params) })).params).toEqual([
      't: double = 0.5',
      'stop: array<string> = ["a"]',
      'n: long = null',
    ]);
  });
});
