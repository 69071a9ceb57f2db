import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMlmodel } from '../../../shared/packaging/model/mlmodel.ts';
import { exampleModel, mlmodelText } from '../../support/packaging/example-models.ts';

const bomb = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 8 }, (_, level) => `a${level + 1}: &a${level + 1} [${`*a${level}, `.repeat(9)}]`),
].join('\n');

const column = { type: 'double', name: 'x', required: true };

const withInputs = (inputs: unknown): string => mlmodelText({ signature: `\n  inputs: '${JSON.stringify(inputs)}'` });

describe('MLmodel', () => {
  it('reads what MLflow writes', () => {
    const parsed = parseMlmodel(readFileSync(join(exampleModel('v2'), 'MLmodel'), 'utf8'));

    expect(parsed).toMatchObject({
      kind: 'parsed',
      mlmodel: {
        mlflow_version: '3.17.2',
        flavors: { onnx: { data: 'model.onnx' }, python_function: { loader_module: 'mlflow.onnx' } },
        saved_input_example_info: { serving_input_path: 'serving_input_example.json' },
        signature: {
          inputs: { kind: 'columns', named: true },
          outputs: { kind: 'columns', columns: [{ name: 'progression', type: { kind: 'scalar', scalar: 'float' } }] },
        },
      },
    });
  });

  it('keeps fields it does not know', () => {
    const parsed = parseMlmodel(mlmodelText({ more: 'auth_policy: {a: [1]}' }));

    expect(parsed).toMatchObject({ mlmodel: { auth_policy: { a: [1] } } });
  });

  it('keeps every digit of a version without quotes', () => {
    const parsed = parseMlmodel(mlmodelText({ more: 'python_version: 3.10' }));

    expect(parsed).toMatchObject({ mlmodel: { python_version: '3.10' } });
  });

  it.each([
    [
      'columns marked optional as older versions did',
      [{ type: 'long', name: 'x', optional: true }],
      { columns: [{ required: false }] },
    ],
    ['columns without names', [{ type: 'long' }], { named: false, columns: [{ name: undefined }] }],
    [
      'nested columns',
      [
        {
          name: 'x',
          type: 'array',
          items: { type: 'object', properties: { p: { type: 'map', values: { type: 'any' } } } },
        },
      ],
      {
        columns: [
          {
            type: {
              kind: 'array',
              items: {
                kind: 'object',
                properties: { p: { required: true, type: { kind: 'map', values: { kind: 'scalar', scalar: 'any' } } } },
              },
            },
          },
        ],
      },
    ],
    [
      'tensors',
      [{ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [-1, 3] } }],
      { kind: 'tensors', named: false, tensors: [{ dtype: 'float32', shape: [-1, 3] }] },
    ],
  ])('reads a signature of %s', (_, inputs, expected) => {
    expect(parseMlmodel(withInputs(inputs))).toMatchObject({ mlmodel: { signature: { inputs: expected } } });
  });

  it.each([
    ['is empty', '', 'mlmodel-invalid'],
    ['is a list', '- 1', 'mlmodel-invalid'],
    ['has no flavors', 'model_uuid: 1', 'mlmodel-invalid'],
    ['is broken YAML', 'flavors: [1', 'mlmodel-unreadable'],
    ['constructs objects', 'flavors: !!python/object/apply:os.system [ls]', 'mlmodel-unreadable'],
    ['is a YAML bomb', `flavors: {}\n${bomb}`, 'mlmodel-unreadable'],
    ['is nested too deeply', `flavors: ${'['.repeat(100_000)}`, 'mlmodel-unreadable'],
    ['is nested too deeply by indentation', `flavors:\n${' '.repeat(300)}a: 1`, 'mlmodel-unreadable'],
    ['points at itself', 'flavors: &a {b: *a}', 'mlmodel-unreadable'],
    ['has several documents', 'flavors: {}\n---\nflavors: {}', 'mlmodel-unreadable'],
    ['has a signature that is no JSON', mlmodelText({ signature: "\n  inputs: '[{'" }), 'signature-invalid'],
    ['has a signature that is a number', mlmodelText({ signature: '5' }), 'signature-invalid'],
    ['mixes columns and tensors', withInputs([column, { type: 'tensor' }]), 'signature-invalid'],
    ['has a column of an unknown type', withInputs([{ type: 'decimal', name: 'x' }]), 'signature-invalid'],
    ['names some columns', withInputs([column, { type: 'long' }]), 'signature-invalid'],
    ['names a column twice', withInputs([column, column]), 'signature-invalid'],
    ['has no columns', withInputs([]), 'signature-invalid'],
    [
      'has two tensors without names',
      withInputs(
        Array.from({ length: 2 }, () => ({ type: 'tensor', 'tensor-spec': { dtype: 'float32', shape: [1] } })),
      ),
      'signature-invalid',
    ],
  ])('is refused when it %s', (_, text, code) => {
    expect(parseMlmodel(text)).toMatchObject({ kind: 'refused', refusal: { code, where: 'MLmodel' } });
  });

  it('does not take long over very many keys', () => {
    const text = `flavors: {}\n${Array.from({ length: 20_000 }, (_, at) => `k${at}: 1`).join('\n')}`;

    expect(parseMlmodel(text)).toMatchObject({ kind: 'parsed' });
  });
});
