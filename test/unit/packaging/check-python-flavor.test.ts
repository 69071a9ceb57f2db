import { describe, expect, it } from 'vitest';
import { checkPythonFlavor, type PythonFunction } from '../../../shared/packaging/model/check-python-flavor.ts';

const check = (flavor: PythonFunction, paths: readonly string[] = [], native: Readonly<Record<string, unknown>> = {}) =>
  checkPythonFlavor(
    flavor,
    { flavors: { ...native, python_function: flavor } },
    paths.map((path) => ({ path, size: 1 })),
  );

describe('what MLflow would load', () => {
  it.each(['model', 'mlflow.sklearn', '_own.loader2', 'mlflow.spark_like'])('has the loader %s', (loader) => {
    expect(check({ loader_module: loader })).toEqual({ kind: 'loadable', loader, codePaths: [] });
  });

  it.each(['', '.', 'a.', '.a', 'a..b', '2a', 'a.2b', 'a-b', 'a b', ' a', 'a\n', '../a', 'é'])(
    'has no loader called %j',
    (loader) => {
      expect(check({ loader_module: loader })).toMatchObject({ refusal: { code: 'mlmodel-invalid' } });
    },
  );

  it.each(['mlflow.spark', 'mlflow.h2o', 'mlflow.johnsnowlabs', 'mlflow.mleap'])('needs no Java, as %s', (loader) => {
    expect(check({ loader_module: loader })).toMatchObject({ refusal: { code: 'flavor-not-servable' } });
  });

  it.each([
    ['the folder itself', '.'],
    ['the folder itself with a slash', './'],
    ['the folder itself twice', '././'],
    ['a file', 'data/w.bin'],
    ['a file from here', './data/w.bin'],
    ['a file from here and here', '././data/w.bin'],
    ['a folder', 'data'],
    ['a folder with a slash', 'data/'],
    ['a folder with two slashes', 'data//'],
  ])('may name as data %s', (_, data) => {
    expect(check({ loader_module: 'a', data }, ['data/w.bin'])).toMatchObject({ kind: 'loadable' });
  });

  it.each(['..', './..', 'data/../data', 'dat', 'w.bin', 'data/.'])('may not name as data %s', (data) => {
    expect(check({ loader_module: 'a', data }, ['data/w.bin'])).toMatchObject({ kind: 'refused' });
  });

  it('is refused for the first name that is not there, after those that are', () => {
    const flavor = { loader_module: 'a', data: 'w.bin', model_path: 'gone.pkl', python_model: 'lost.pkl' };

    expect(check(flavor, ['w.bin'])).toMatchObject({ refusal: { code: 'file-missing', where: 'gone.pkl' } });
  });

  it.each([
    ['none', {}, {}, []],
    ['an empty name', { code: '' }, {}, []],
    ['a name that is no text', {}, { own: { code: 7 } }, []],
    ['no fields at all', {}, { own: null }, []],
    ['the same for each flavor', { code: 'code' }, { own: { code: 'code' } }, ['code']],
    ['others for another flavor', { code: 'code' }, { own: { code: 'src' } }, ['src', 'code']],
    ['a model from code', { code: 'code', model_code_path: '/dbfs/me/agent.py' }, {}, ['code', 'agent.py']],
    ['a model from a folder of code', { model_code_path: '/dbfs/me/agent.py/' }, {}, ['agent.py']],
  ])('has code of %s', (_, fields, native, codePaths) => {
    const paths = ['code/own.py', 'src/own.py', 'agent.py'];

    expect(check({ loader_module: 'a', ...fields }, paths, native)).toMatchObject({ codePaths });
  });
});
