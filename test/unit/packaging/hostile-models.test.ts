import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseMlmodel } from '../../../shared/packaging/model/mlmodel.ts';
import { planServing } from '../../../shared/packaging/model/plan-serving.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { readYaml } from '../../../shared/packaging/model/read-yaml.ts';
import { modelReport } from '../../../shared/packaging/model/report.ts';
import { reportModel } from '../../../shared/packaging/model/report-model.ts';
import { mlmodelText } from '../../support/packaging/example-models.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

/** What might be anywhere: honest values, wrong types, huge numbers, names that JavaScript knows. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom('model.onnx', 'model.pkl', '../x', '/etc/passwd', 'mlflow.sklearn', '', '.', '__proto__'),
    fc.constantFrom(null, true, 0, -1, 1e308, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60, 3.1),
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', 'path')), tie('any'), {
      maxKeys: 4,
    }),
  ),
})).any;

const flavor = (...keys: readonly string[]) =>
  fc.oneof(value, fc.record(Object.fromEntries(keys.map((key) => [key, value])), { requiredKeys: [] }));

const signatureText = fc.oneof(
  value,
  value.map((any) => JSON.stringify(any)),
  fc.constant('[{"type": "double", "name": "x"}]'),
);

const mlmodel = fc.record(
  {
    flavors: fc.oneof(
      value,
      fc.record(
        {
          onnx: flavor('data', 'code', 'onnx_version'),
          python_function: flavor('loader_module', 'env', 'data', 'model_code_path', 'artifacts', 'python_version'),
          sklearn: flavor('code', 'pickled_model'),
        },
        { requiredKeys: [] },
      ),
    ),
    signature: fc.oneof(value, fc.record({ inputs: signatureText, outputs: signatureText, params: signatureText })),
    saved_input_example_info: value,
    model_size_bytes: value,
    run_id: value,
    utc_time_created: value,
    mlflow_version: value,
    metadata: value,
  },
  { requiredKeys: [] },
);

const plan = async (files: Readonly<Record<string, string>>) => planServing(await readModel(memoryFiles(files)));

describe('a hostile model', () => {
  it('is planned or refused in a sentence, whatever its MLmodel holds', async () => {
    await fc.assert(
      fc.asyncProperty(mlmodel, fc.boolean(), async (document, asJson) => {
        const MLmodel = asJson ? JSON.stringify(document) : stringify(document);
        const planned = await plan({ MLmodel, 'model.onnx': '', 'model.pkl': '', 'conda.yaml': '[' });

        expect(['onnx', 'python', 'refused']).toContain(planned.kind);
        if (planned.kind === 'refused') expect(planned.refusal.message).toMatch(/.{10,}\. .{10,}$/s);
      }),
      { numRuns: 500 },
    );
  });

  it('has a report of the form that is promised, whatever its MLmodel holds', async () => {
    await fc.assert(
      fc.asyncProperty(mlmodel, async (document) => {
        const files = { MLmodel: stringify(document), 'model.onnx': '', 'model.pkl': '', 'requirements.txt': 'a==1' };

        expect(modelReport.safeParse(await reportModel(memoryFiles(files))).error).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it('is planned or refused, whatever bytes its MLmodel and script are', async () => {
    const bytes = fc.oneof(fc.string(), fc.string({ unit: 'binary' }));

    await fc.assert(
      fc.asyncProperty(bytes, bytes, async (MLmodel, script) => {
        expect(await plan({ MLmodel, 'score.py': script })).toHaveProperty('kind');
      }),
    );
  });

  const escaped = (json: string): string =>
    json.replaceAll('{', '\\x7b').replaceAll('[', '\\x5b').replaceAll('"', '\\"');
  const deep = `${'[{"type": "array", "items": '.repeat(30_000)}`;

  it.each([
    ['nests its signature', `\n  inputs: '${deep}'`, 'mlmodel-unreadable'],
    ['nests its signature in escapes', `\n  inputs: "${escaped(deep)}"`, 'signature-invalid'],
    ['nests the default of a parameter', `\n  params: "${escaped('['.repeat(50_000))}"`, 'signature-invalid'],
  ])('is refused when it %s without end', (_, signature, code) => {
    expect(parseMlmodel(mlmodelText({ signature }))).toMatchObject({ refusal: { code } });
  });

  it('may have ten thousand files and a flavor that names them all, and is planned in a second', async () => {
    const paths = Array.from({ length: 9_990 }, (_, at) => `artifacts/${at % 100}/${at}.bin`);
    const artifacts = JSON.stringify(Object.fromEntries(paths.map((path) => [path, { path }])));
    const flavors = `python_function: {loader_module: mlflow.pyfunc.model, artifacts: ${artifacts}}`;
    const files = Object.fromEntries(paths.map((path) => [path, '']));
    const began = performance.now();

    expect(await plan({ MLmodel: mlmodelText({ flavors }), ...files })).toMatchObject({ kind: 'python' });
    expect(performance.now() - began).toBeLessThan(5_000);
  });
});

describe('YAML', () => {
  it.each([
    ['a bomb of aliases', `a: &a [${'x, '.repeat(99)}]\nb: &b [${'*a, '.repeat(99)}]\nc: [${'*b, '.repeat(99)}]`],
    ['nesting of brackets', `dependencies: ${'['.repeat(100_000)}`],
    ['nesting of lists', `dependencies:\n${'- '.repeat(10_000)}x`],
    ['a tag that constructs something', 'dependencies: !!python/object/new:os.system [ls]'],
  ])('with %s is unreadable', (_, text) => {
    expect(readYaml(text)).toMatchObject({ kind: 'unreadable' });
  });

  it('gives versions and ids as written', () => {
    expect(readYaml('python: 3.10\nrun_id: 12e45\nmodel_uuid: 0123\nversion: 1.20\nsize: 1.20')).toEqual({
      kind: 'yaml',
      value: { python: '3.10', run_id: '12e45', model_uuid: '0123', version: '1.20', size: 1.2 },
    });
  });

  it('has no key that changes what objects are', () => {
    const read = readYaml('__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}');

    expect(read).toHaveProperty('kind', 'yaml');
    expect({}).not.toHaveProperty('polluted');
  });
});
