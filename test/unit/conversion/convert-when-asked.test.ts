import { describe, expect, it } from 'vitest';
import type { ConversionOption } from '../../../shared/packaging/conversion/conversion-option.ts';
import { type ConversionResult, convertWhenAsked } from '../../../shared/packaging/conversion/convert-when-asked.ts';
import type { ConversionOutcome, ModelConverter } from '../../../shared/packaging/conversion/ports.ts';
import type { ModelFiles } from '../../../shared/packaging/files/model-files.ts';
import { type PythonPlan, planServing } from '../../../shared/packaging/model/plan-serving.ts';
import { readModel } from '../../../shared/packaging/model/read-model.ts';
import { SlipwayError } from '../../../shared/platform/errors.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { epochMs } from '../../../shared/platform/time.ts';
import { memoryFiles } from '../../support/packaging/memory-files.ts';

const SIGNATURE = `signature:
  inputs: '[{"type": "double", "name": "a", "required": true}]'
  outputs: '[{"type": "double"}]'
  params: null
`;

const python = (flavor = 'sklearn', signature = SIGNATURE): ModelFiles =>
  memoryFiles({
    MLmodel: `flavors:\n  python_function: {loader_module: mlflow.${flavor}, model_path: model.pkl, python_version: 3.11.7}\n  ${flavor}: {pickled_model: model.pkl}\n${signature}`,
    'model.pkl': 'pickle',
    'requirements.txt': 'scikit-learn==1.7.2\n',
  });

const graph = (signature = SIGNATURE): ModelFiles =>
  memoryFiles({ MLmodel: `flavors:\n  onnx: {data: model.onnx}\n${signature}`, 'model.onnx': 'graph' });

const TRY: ConversionOption = { convert: 'try', tolerance: 1e-4, missing: 'as-model' };

const GOOD = {
  converted: true,
  maxDifference: 2e-7,
  maxRelativeDifference: 1e-7,
  rows: 300,
  speedUp: { pythonMs: 2, onnxMs: 0.1 },
};

const MINUTE = 60_000;

interface Case {
  readonly outcome?: ConversionOutcome | Error;
  readonly files?: ModelFiles;
  readonly option?: ConversionOption | undefined;
  readonly waitedMs?: number;
}

const answering = (outcome: ConversionOutcome | Error): ModelConverter => ({
  convert: async () => {
    if (outcome instanceof Error) throw outcome;
    return outcome;
  },
});

const convert = async ({ outcome, files = python(), waitedMs = 0, ...rest }: Case): Promise<ConversionResult> => {
  const folder = await readModel(files);
  const plan = planServing(folder) as PythonPlan;
  expect(plan.kind).toBe('python');
  const now = epochMs(1_800_000_000_000);
  return convertWhenAsked(
    {
      clock: () => now,
      log: silentLogger,
      ...(outcome === undefined ? {} : { converter: answering(outcome) }),
    },
    { option: 'option' in rest ? rest.option : TRY, plan, files, folder, askedAt: epochMs(now - waitedMs) },
  );
};

describe('convertWhenAsked', () => {
  it.each([undefined, { ...TRY, convert: 'off' as const }])('does nothing when the policy says %o', async (option) => {
    expect(await convert({ option, outcome: new Error('nobody may ask') })).toEqual({ kind: 'python' });
  });

  it('serves the graph when it answers like the model, with both figures', async () => {
    const result = await convert({ outcome: { kind: 'done', report: GOOD, files: graph() } });

    expect(result).toMatchObject({
      kind: 'onnx',
      plan: { kind: 'onnx' },
      conversion: {
        used: true,
        tolerance: 1e-4,
        maxDifference: 2e-7,
        maxRelativeDifference: 1e-7,
        rows: 300,
        speedUp: { factor: 20, pythonMs: 2, onnxMs: 0.1 },
      },
    });
  });

  const unavailable = new SlipwayError('TEMPORARILY_UNAVAILABLE', 'the converter did not answer');
  const otherSignature = graph(SIGNATURE.replace('"a"', '"b"'));
  const fallbacks: readonly (readonly [string, Case, RegExp])[] = [
    ['none is set up', {}, /no converter is set up/],
    ['the flavor is not one of those', { files: python('pytorch') }, /this one is python_function, pytorch/],
    ['the model has no signature', { files: python('sklearn', '') }, /no signature/],
    ['it fails', { outcome: { kind: 'failed', message: 'out of memory' } }, /failed: out of memory/],
    [
      'it gives up',
      { outcome: { kind: 'done', report: { converted: false, reason: 'unknown step' } } },
      /^unknown step$/,
    ],
    ['it throws', { outcome: new TypeError('boom') }, /the converter failed/],
    ['it does not come back', { outcome: unavailable, waitedMs: 6 * MINUTE }, /did not answer/],
    ['it takes too long', { outcome: { kind: 'running', lookAgainMs: 1 }, waitedMs: 31 * MINUTE }, /within 30 minutes/],
    [
      'it praises answers that are too far apart',
      { outcome: { kind: 'done', report: { ...GOOD, maxRelativeDifference: 0.01 }, files: graph() } },
      /0.01 apart, more than the tolerance of 0.0001/,
    ],
    ['it compared nothing', { outcome: { kind: 'done', report: { ...GOOD, rows: 0 }, files: graph() } }, /no rows/],
    ['it says nothing', { outcome: { kind: 'done', report: { converted: true }, files: graph() } }, /no rows/],
    ['it gives no files', { outcome: { kind: 'done', report: GOOD } }, /gave no files/],
    ['it gives the model back', { outcome: { kind: 'done', report: GOOD, files: python() } }, /is no graph/],
    [
      'it gives files that cannot be served',
      { outcome: { kind: 'done', report: GOOD, files: memoryFiles({ MLmodel: 'flavors: {onnx: {data: ../x}}' }) } },
      /cannot be served/,
    ],
    [
      'it changed the signature',
      { outcome: { kind: 'done', report: GOOD, files: otherSignature } },
      /another signature/,
    ],
  ];

  it.each(fallbacks)('serves the model in Python when %s, and says so', async (_, asked, reason) => {
    const result = await convert(asked);

    expect(result).toMatchObject({ kind: 'python', conversion: { used: false, tolerance: 1e-4 } });
    expect(result.kind === 'python' && result.conversion?.reason).toMatch(reason);
  });

  it.each(fallbacks)('refuses the package when %s and the policy requires a graph', async (_, asked, reason) => {
    const result = await convert({ ...asked, option: { ...TRY, convert: 'require' } });

    expect(result).toMatchObject({ kind: 'refused', code: 'conversion-required' });
    expect(result.kind === 'refused' && result.message).toMatch(new RegExp(reason.source.replace(/^\^|\$$/g, '')));
  });

  it.each([
    ['runs', { kind: 'running', lookAgainMs: 3_000 } as const, 3_000],
    ['cannot be reached for a moment', unavailable, 10_000],
  ])('waits while the converter %s', async (_, outcome, lookAgainMs) => {
    expect(await convert({ outcome, option: { ...TRY, convert: 'require' } })).toEqual({ kind: 'wait', lookAgainMs });
  });

  it('asks with the same key for the same model and option, and with another for another', async () => {
    const keys: string[] = [];
    const ask = async (option: ConversionOption, files = python()): Promise<void> => {
      const folder = await readModel(files);
      const converter: ModelConverter = {
        convert: async ({ key }) => {
          keys.push(key);
          return { kind: 'running', lookAgainMs: 1 };
        },
      };
      const services = { converter, clock: () => epochMs(0), log: silentLogger };
      const plan = planServing(folder) as PythonPlan;
      await convertWhenAsked(services, { option, plan, files, folder, askedAt: epochMs(0) });
    };

    await ask(TRY);
    await ask({ ...TRY, convert: 'require' });
    await ask({ ...TRY, tolerance: 1e-3 });
    await ask({ ...TRY, missing: 'refuse' });
    await ask(TRY, python('sklearn', `${SIGNATURE}model_uuid: other\n`));

    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[1]).toBe(keys[0]);
    expect(new Set(keys).size).toBe(4);
  });
});
