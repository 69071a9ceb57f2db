import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  AZURE_ML,
  datasetDriftDetectedData,
  modelDeployedData,
  modelRegisteredData,
  runCompletedData,
  runStatusChangedData,
} from '../../../shared/events/azure-ml.ts';

const run = {
  experimentId: '0fa9dfaa-cba3-4fa7-b590-23e48548f5c1',
  experimentName: 'automl-local-regression',
  runId: 'AutoML_ad912b2d-6467-4f32-a616-dbe4af6dd8fc',
  runType: null,
  runTags: { azureml_modelmonitor_threshold_breached: 'data_drift_signal' },
  runProperties: {},
};

const runParsed = {
  experimentId: '0fa9dfaa-cba3-4fa7-b590-23e48548f5c1',
  experimentName: 'automl-local-regression',
  runId: 'AutoML_ad912b2d-6467-4f32-a616-dbe4af6dd8fc',
  monitorBreach: 'data_drift_signal',
};

/** Data in the casing that Azure ML sends, and what we make of it. */
const SAMPLES = [
  {
    type: AZURE_ML.modelRegistered,
    schema: modelRegisteredData,
    data: {
      ModelName: 'sklearn_regression_model',
      ModelVersion: 20,
      ModelTags: { area: 'diabetes' },
      ModelProperties: {},
    },
    parsed: { name: 'sklearn_regression_model', version: '20', tags: { area: 'diabetes' } },
  },
  {
    type: AZURE_ML.modelDeployed,
    schema: modelDeployedData,
    data: {
      ServiceName: 'heart',
      ServiceComputeType: 'ACI',
      ModelIds: 'first:3,second:4',
      ServiceTags: {},
      ServiceProperties: null,
    },
    parsed: { endpoint: 'heart', models: ['first:3', 'second:4'] },
  },
  { type: AZURE_ML.runCompleted, schema: runCompletedData, data: run, parsed: { ...runParsed, status: 'completed' } },
  {
    type: AZURE_ML.runStatusChanged,
    schema: runStatusChangedData,
    data: { ...run, runStatus: 'Failed' },
    parsed: { ...runParsed, status: 'failed' },
  },
  {
    type: AZURE_ML.datasetDriftDetected,
    schema: datasetDriftDetectedData,
    data: {
      DataDriftId: '01d29aa4-e6a4-470a-9ef3-66660d21f8ef',
      DataDriftName: 'heart-inputs',
      RunId: '01d29aa4-e6a4-470a-9ef3-66660d21f8ef_1571590300380',
      BaseDatasetId: '3c56d136-0f64-4657-a0e8-5162089a88a3',
      TargetDatasetId: 'd7e74d2e-c972-4266-b5fb-6c9c182d2a74',
      DriftCoefficient: 0.83503490684792081,
      StartTime: '2019-07-04T00:00:00+00:00',
      EndTime: '2019-07-05T00:00:00+00:00',
    },
    parsed: {
      id: '01d29aa4-e6a4-470a-9ef3-66660d21f8ef',
      name: 'heart-inputs',
      driftScore: 0.8350349068479208,
      from: '2019-07-04T00:00:00+00:00',
      to: '2019-07-05T00:00:00+00:00',
    },
  },
] as const;

const pascal = (key: string) => key.slice(0, 1).toUpperCase() + key.slice(1);
const camel = (key: string) => key.slice(0, 1).toLowerCase() + key.slice(1);
const withKeys = (data: object, rename: (key: string) => string) =>
  Object.fromEntries(Object.entries(data).map(([key, value]) => [rename(key), value]));

describe.each(SAMPLES.map((sample) => [sample.type, sample] as const))('%s', (_, { schema, data, parsed }) => {
  it.each([
    ['as it is documented', (key: string) => key],
    ['in PascalCase', pascal],
    ['in camelCase', camel],
    ['in capitals', (key: string) => key.toUpperCase()],
  ])('is read with its keys %s', (_name, rename) => {
    expect(schema.parse(withKeys(data, rename))).toEqual(parsed);
  });

  it('is read with its keys in any mix of cases and any order', () => {
    const keys = Object.keys(data);
    const casing = fc.array(fc.boolean(), { minLength: 40, maxLength: 40 });
    const order = fc.shuffledSubarray(keys, { minLength: keys.length, maxLength: keys.length });
    fc.assert(
      fc.property(casing, order, (upper, shuffled) => {
        const mix = (key: string) =>
          [...key].map((letter, at) => (upper[at] === true ? letter.toUpperCase() : letter.toLowerCase())).join('');
        const mixed = Object.fromEntries(shuffled.map((key) => [mix(key), (data as Record<string, unknown>)[key]]));

        expect(schema.parse(mixed)).toEqual(parsed);
      }),
    );
  });

  it('is read with members that nobody knows', () => {
    expect(schema.parse({ ...data, somethingNew: { a: 1 } })).toEqual(parsed);
  });

  it.each([null, undefined, [], 'text', {}])('is refused when its data is %j', (raw) => {
    expect(schema.safeParse(raw).success).toBe(false);
  });
});

describe('the data of Azure ML events', () => {
  const model = { ModelName: 'm', ModelVersion: '3', ModelTags: {} };

  it.each([
    ['a number', 3],
    ['text', '3'],
  ])('takes a version that is %s', (_, version) => {
    expect(modelRegisteredData.parse({ ...model, ModelVersion: version }).version).toBe('3');
  });

  it.each(['', 'latest', '1.5', 1.5, -1, null, true, {}])('refuses the version %j', (version) => {
    expect(modelRegisteredData.safeParse({ ...model, ModelVersion: version }).success).toBe(false);
  });

  it.each([
    ['null', { ...model, ModelTags: null }, {}],
    ['absent', { ModelName: 'm', ModelVersion: 3 }, {}],
    [
      'not all text',
      { ...model, ModelTags: { a: 1, b: null, c: true, d: { e: 1 } } },
      { a: '1', b: '', c: 'true', d: '{"e":1}' },
    ],
  ])('takes tags that are %s', (_, data, tags) => {
    expect(modelRegisteredData.parse(data).tags).toEqual(tags);
  });

  it('keeps the case of tag names', () => {
    expect(modelRegisteredData.parse({ ...model, ModelTags: { Team: 'x', team: 'y' } }).tags).toEqual({
      Team: 'x',
      team: 'y',
    });
  });

  it.each([
    ['experimentId', runCompletedData, run],
    ['runId', runCompletedData, run],
    ['DataDriftId', datasetDriftDetectedData, SAMPLES[4].data],
    ['DataDriftName', datasetDriftDetectedData, SAMPLES[4].data],
    ['DriftCoefficient', datasetDriftDetectedData, SAMPLES[4].data],
  ])('does not make something up for a %s of null', (key, schema, data) => {
    expect(schema.safeParse({ ...data, [key]: null }).success).toBe(false);
  });

  it('takes a run without tags for one that breached nothing', () => {
    expect(runCompletedData.parse({ ...run, runTags: null }).monitorBreach).toBeUndefined();
  });

  it.each([
    [null, []],
    ['', []],
    ['first:3', ['first:3']],
    ['first:3, second:4', ['first:3', 'second:4']],
  ])('reads the model ids %j', (ids, models) => {
    expect(modelDeployedData.parse({ ServiceName: 'heart', ModelIds: ids }).models).toEqual(models);
  });
});
