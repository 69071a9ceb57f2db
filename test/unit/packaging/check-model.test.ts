import { describe, expect, it } from 'vitest';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { checkModel } from '../../../shared/packaging/model/check-model.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { mlmodelText, tinyModel } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

const check = async (files: Readonly<Record<string, string>>, limits?: Parameters<typeof checkModel>[1]) =>
  checkModel(await readModel(memoryFiles(files)), limits);

const withMlmodel = (parts: Parameters<typeof mlmodelText>[0]) => ({ ...tinyModel(), MLmodel: mlmodelText(parts) });

const withPath = (path: string) => ({ ...tinyModel(), [path]: 'x' });

/** Lists one file of a size that nothing in memory has. */
const claiming = (size: number): ModelFiles => {
  const files = memoryFiles(tinyModel());
  return {
    ...files,
    async *list() {
      yield* files.list();
      yield { path: 'weights.bin', size };
    },
  };
};

describe('a model', () => {
  it('can be served when it has an onnx flavor, its file and a signature', async () => {
    expect(await check(tinyModel())).toMatchObject({ kind: 'servable', signature: { inputs: { kind: 'columns' } } });
  });

  it.each([
    ['has no MLmodel', { 'model.onnx': 'graph' }, 'mlmodel-missing', 'mlflow.onnx.log_model'],
    ['has a huge MLmodel', { ...tinyModel(), MLmodel: 'x'.repeat(1024 * 1024 + 1) }, 'mlmodel-too-large', '1 MiB'],
    ['has a broken MLmodel', { ...tinyModel(), MLmodel: '[' }, 'mlmodel-unreadable', 'YAML'],
    ['has no signature', withMlmodel({ signature: 'null' }), 'signature-missing', 'infer_signature'],
    [
      'has a signature of outputs only',
      withMlmodel({ signature: `\n  outputs: '[{"type": "long"}]'` }),
      'signature-missing',
      'infer_signature',
    ],
    ['has no flavor', { ...tinyModel(), MLmodel: 'flavors: {}' }, 'flavor-not-servable', 'no flavor'],
    [
      'has another flavor',
      withMlmodel({ flavors: 'sklearn: {pickled_model: model.pkl}' }),
      'flavor-not-servable',
      'only sklearn',
    ],
    [
      'lacks the file its flavor names',
      withMlmodel({ flavors: 'onnx: {data: other.onnx}' }),
      'file-missing',
      'other.onnx',
    ],
    [
      'names a file outside',
      withMlmodel({ flavors: 'onnx: {data: ../../etc/passwd}' }),
      'path-not-allowed',
      'leaves its folder',
    ],
    [
      'names an absolute file',
      withMlmodel({ flavors: 'onnx: {data: /etc/passwd}' }),
      'path-not-allowed',
      'is absolute',
    ],
    ['has a path that leaves the folder', withPath('a/../../b'), 'path-not-allowed', 'leaves its folder'],
    ['has an absolute path', withPath('/b'), 'path-not-allowed', 'is absolute'],
    ['has a whiteout', withPath('code/.wh.model.onnx'), 'path-not-allowed', '.wh.'],
    ['has a path with a line break', withPath('a\nb'), 'path-not-allowed', 'control character'],
    ['has a path with a backslash', withPath('a\\b'), 'path-not-allowed', 'backslash'],
    ['has a file that is also a folder', withPath('model.onnx/part'), 'path-not-allowed', 'both a file and a folder'],
    [
      'claims a size of one gigabyte',
      withMlmodel({ more: 'model_size_bytes: 1000000000' }),
      'model-too-large',
      'claims 1000000000 bytes',
    ],
  ])('is refused when it %s', async (_, files, code, words) => {
    const checked = await check(files);

    expect(checked).toMatchObject({ kind: 'refused', refusal: { code } });
    expect(checked.kind === 'refused' && checked.refusal.message).toContain(words);
  });

  it('is refused when its listing is larger than allowed, without reading the files', async () => {
    const checked = checkModel(await readModel(claiming(1_000_000_000)));

    expect(checked).toMatchObject({ kind: 'refused', refusal: { code: 'model-too-large' } });
  });

  it.each([
    ['as many files as allowed', 'more', { maxFiles: 4, maxBytes: 1_000_000 }, 'servable'],
    ['a path deep in folders', 'model.onnx/a/b', undefined, 'refused'],
    ['a file in a folder in a folder', 'code/a/b', undefined, 'servable'],
  ])('with %s is %s', async (_, path, limits, kind) => {
    expect(await check(withPath(path), limits)).toMatchObject({ kind });
  });

  it('may be exactly as large as allowed, and may claim to be', async () => {
    const bytes = Object.values(tinyModel()).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const limited = async (files: Readonly<Record<string, string>>, maxBytes: number) =>
      (await check(files, { maxFiles: 10, maxBytes })).kind;
    const claims = (size: number) => withMlmodel({ more: `model_size_bytes: ${size}` });

    expect(await limited(tinyModel(), bytes)).toBe('servable');
    expect(await limited(tinyModel(), bytes - 1)).toBe('refused');
    expect(await limited(claims(100_000), 100_000)).toBe('servable');
    expect(await limited(claims(100_001), 100_000)).toBe('refused');
    expect(await limited(claims(7), 100_000)).toBe('servable');
  });

  it('is refused when its listing names a file twice', async () => {
    const folder = await readModel(memoryFiles(tinyModel()));
    const twice = { ...folder, listing: [...folder.listing, ...folder.listing.slice(0, 1)] };

    expect(checkModel(twice)).toMatchObject({ kind: 'refused', refusal: { code: 'path-not-allowed' } });
  });

  it('is refused when it has too many files', async () => {
    const checked = await check(withPath('more'), { maxFiles: 3, maxBytes: 1_000_000 });

    expect(checked).toMatchObject({ kind: 'refused', refusal: { code: 'too-many-files' } });
  });
});

describe('a model folder', () => {
  it('gives its serving input', async () => {
    const { servingInput } = await readModel(memoryFiles(tinyModel()));

    expect(servingInput).toEqual({ path: 'serving_input_example.json', content: '{"inputs": {"x": [1.5]}}' });
  });

  it('gives a request made of an older input example', async () => {
    const { servingInput } = await readModel(
      memoryFiles({ MLmodel: mlmodelText(), 'input_example.json': '{"columns":["x"],"data":[[1.5]]}' }),
    );

    expect(servingInput?.content).toBe('{"dataframe_split":{"columns":["x"],"data":[[1.5]]}}');
  });

  it.each([
    ['there is none', {}],
    ['it is no JSON', { 'serving_input_example.json': '{' }],
    ['it is huge', { 'serving_input_example.json': `"${'x'.repeat(1024 * 1024)}"` }],
  ])('gives no serving input when %s', async (_, files) => {
    expect((await readModel(memoryFiles({ MLmodel: mlmodelText(), ...files }))).servingInput).toBeUndefined();
  });
});
