import { describe, expect, it } from 'vitest';
import { judgeFiles } from '../../../shared/packaging/model/code-risk.ts';
import { formatByContent, formatByName } from '../../../shared/packaging/model/file-format.ts';
import type { Mlmodel } from '../../../shared/packaging/model/mlmodel.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

/** As the tools write them. */
const HEADS: readonly (readonly [string, string, string | undefined])[] = [
  ['pickle of protocol 0', '(dp0\nVa\np1\n', 'pickle'],
  ['pickle of protocol 0 of an object', 'ccopy_reg\n_reconstructor\np0\n(csklearn', 'pickle'],
  ['pickle of protocol 0 that runs a command', 'cposix\nsystem\np0\n(Vls\n', 'pickle'],
  ['pickle of protocol 1', '}q\x00X\x01\x00\x00\x00aq', 'pickle'],
  ['pickle of protocol 2', '\x80\x02}q\x00X', 'pickle'],
  ['pickle of protocol 5', '\x80\x05\x95\x93\x00', 'pickle'],
  ['cloudpickle', '\x80\x05\x95\x50\x05\x00\x00\x8c\x17cloudpickle.cloudpickle\x94', 'cloudpickle'],
  ['joblib file', '\x80\x04\x95\xd7\x00}\x94\x8c\x01w\x94\x8c\x13joblib.numpy_pickle\x94', 'joblib pickle'],
  ['checkpoint of old PyTorch', '\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02', 'PyTorch pickle'],
  ['checkpoint of PyTorch', `PK\x03\x04${'\0'.repeat(26)}archive/data.pkl`, 'PyTorch pickle'],
  ['NumPy file of objects', "\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order'", 'NumPy objects, a pickle'],
  ['NumPy file of numbers', "\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order'", 'NumPy array'],
  ['library', '\x7fELF\x02\x01', 'native library'],
  ['LightGBM file', 'tree\nversion=v4\n', 'LightGBM model'],
  ['XGBoost file', '{L\0\0\0\0\0\0\0\x07learner', 'XGBoost model'],
  ['JSON file', '{"columns": ["x"]}', undefined],
  ['text', 'copy\nthat\n', undefined],
  ['archive', `PK\x03\x04${'\0'.repeat(26)}schema.json`, undefined],
  ['nothing', '', undefined],
];

describe('a file format', () => {
  it.each(HEADS)('is told from the first bytes of a %s', (_, head, name) => {
    expect(formatByContent(bytes(head))?.name).toBe(name);
  });

  it.each([
    ['a/model.PKL', true],
    ['model.pth', true],
    ['code/a.py', true],
    ['model.onnx', false],
    ['model.safetensors', false],
    ['a.constructor', undefined],
    ['pkl', undefined],
  ])('of %s is told from its name', (path, runsCode) => {
    expect(formatByName(path)?.runsCode).toBe(runsCode);
  });
});

describe('a file of a model', () => {
  const judged = (flavors: object, head: string, path = 'm.bin') =>
    judgeFiles({ flavors } as Mlmodel, [{ path, size: 9 }], new Map([[path, bytes(head)]]))[0];

  it.each([
    [
      'its content, whatever its flavor says',
      { sklearn: { pickled_model: 'm.bin' } },
      '\x80\x05cloudpickle',
      'content',
    ],
    ['its flavor', { sklearn: { pickled_model: 'm.bin' } }, '?', 'flavor'],
    ['the flavor of a Python object', { python_function: { python_model: 'm.bin' } }, '?', 'flavor'],
  ])('is a pickle by %s', (_, flavors, head, toldBy) => {
    expect(judged(flavors, head)).toMatchObject({ runsCode: true, toldBy });
  });

  it('is one when it is compressed and named so', () => {
    expect(judged({}, '\x1f\x8b', 'm.pkl.gz')).toMatchObject({ name: 'compressed pickle', runsCode: true });
    expect(judged({}, '\x1f\x8b', 'm.csv.gz')).toBeUndefined();
  });

  it.each([
    ['of skops', { sklearn: { pickled_model: 'm.bin', serialization_format: 'skops' } }],
    ['that are no object', { sklearn: 'm.bin', python_function: null }],
  ])('is none for flavors %s', (_, flavors) => {
    expect(judged(flavors, '?')).toBeUndefined();
  });
});
