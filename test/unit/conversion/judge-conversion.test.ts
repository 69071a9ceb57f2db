import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeReport, whyNotConvertible } from '../../../shared/packaging/conversion/judge-conversion.ts';
import type { PythonPlan } from '../../../shared/packaging/model/plan-serving.ts';
import type { ParamSpec, Schema } from '../../../shared/packaging/model/signature.ts';

const DOUBLE = { kind: 'scalar', scalar: 'double' } as const;

const INPUTS: Schema = { kind: 'columns', named: true, columns: [{ name: 'a', type: DOUBLE, required: true }] };

const PARAM: ParamSpec = { name: 'temperature', type: DOUBLE, default: 1, isList: false };

const planOf = (parts: Partial<PythonPlan> = {}, flavor = 'sklearn'): PythonPlan => ({
  kind: 'python',
  mlmodel: { flavors: { python_function: {}, [flavor]: {} } },
  signature: { inputs: INPUTS },
  environment: {},
  codePaths: [],
  ...parts,
});

describe('whether a model can be converted', () => {
  it.each(['sklearn', 'xgboost', 'lightgbm'])('it can with the flavor %s', (flavor) => {
    expect(whyNotConvertible(planOf({}, flavor))).toBeUndefined();
  });

  it('it can when its signature has a list of no parameters', () => {
    expect(whyNotConvertible(planOf({ signature: { inputs: INPUTS, params: [] } }))).toBeUndefined();
  });

  it.each<[string, PythonPlan, string]>([
    ['it has a script', planOf({ customScript: 'score.py' }), 'score.py decides what is answered'],
    ['it has another flavor', planOf({}, 'pytorch'), 'this one is python_function, pytorch'],
    ['it has no flavor', planOf({ mlmodel: { flavors: {} } }), 'this one is of no flavor'],
    ['its inputs are not known', planOf({ signature: { outputs: INPUTS } }), 'no signature'],
    ['it takes parameters', planOf({ signature: { inputs: INPUTS, params: [PARAM] } }), 'takes parameters'],
  ])('it cannot when %s', (_, plan, why) => {
    expect(whyNotConvertible(plan)).toContain(why);
  });

  it('it cannot without a signature', () => {
    const { signature: _, ...plan } = planOf();

    expect(whyNotConvertible(plan)).toContain('no signature');
  });
});

const OPTION = { tolerance: 0.001 };

const COMPARED = { converted: true, maxRelativeDifference: 0.0001, rows: 10 };

describe('a graph is used', () => {
  it('when its answers are as close as the tolerance, and not beyond', () => {
    const used = (maxRelativeDifference: number) => judgeReport({ ...COMPARED, maxRelativeDifference }, OPTION).used;

    expect([0, 0.0005, 0.001, 0.00101, 1].map(used)).toEqual([true, true, true, false, false]);
  });

  it('with the figures that are known and no others', () => {
    expect(judgeReport(COMPARED, OPTION)).toStrictEqual({
      used: true,
      tolerance: 0.001,
      maxRelativeDifference: 0.0001,
      rows: 10,
    });
    expect(judgeReport({ ...COMPARED, maxDifference: 0.5 }, OPTION)).toMatchObject({ maxDifference: 0.5 });
  });

  it.each([
    [{ pythonMs: 1, onnxMs: 3 }, 0.333],
    [{ pythonMs: 2, onnxMs: 0.1 }, 20],
    [{ pythonMs: 0, onnxMs: 0.1 }, 0],
  ])('and of %o is said how many times faster it is: %d', (speedUp, factor) => {
    expect(judgeReport({ ...COMPARED, speedUp }, OPTION).speedUp).toEqual({ ...speedUp, factor });
  });

  it('without a factor when it took no time that could be measured', () => {
    const judged = judgeReport({ ...COMPARED, speedUp: { pythonMs: 1, onnxMs: 0 } }, OPTION);

    expect(judged).toMatchObject({ used: true });
    expect(judged).not.toHaveProperty('speedUp');
  });

  it('never without rows that were compared and were close enough, whatever else the report says', () => {
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const reports = fc.record({
      converted: fc.boolean(),
      maxDifference: optional(fc.double({ min: 0, noNaN: true })),
      maxRelativeDifference: optional(fc.double({ min: 0, max: 0.002, noNaN: true })),
      rows: optional(fc.nat(3)),
    });
    fc.assert(
      fc.property(reports, (report) => {
        const { converted, rows = 0, maxRelativeDifference = 1 } = report;
        const { used, reason } = judgeReport(report as Parameters<typeof judgeReport>[0], OPTION);

        expect(used).toBe(converted && rows > 0 && maxRelativeDifference <= 0.001);
        expect(reason === undefined).toBe(used);
      }),
    );
  });
});

describe('a graph is not used', () => {
  it.each([
    ['the conversion failed', { converted: false, reason: 'unknown step' }, 'unknown step'],
    ['the conversion failed silently', { converted: false }, 'the conversion step gave no reason'],
    ['no difference is known', { converted: true, rows: 10 }, 'the conversion step compared no rows'],
    ['no rows are known', { converted: true, maxRelativeDifference: 0 }, 'the conversion step compared no rows'],
    ['there were no rows', { ...COMPARED, rows: 0 }, 'the conversion step compared no rows'],
  ])('when %s, with the figures that are known', (_, { converted, ...report }, reason) => {
    const judged = judgeReport({ converted, ...report }, OPTION);

    expect(judged).toStrictEqual({ used: false, tolerance: 0.001, ...report, reason });
  });
});
