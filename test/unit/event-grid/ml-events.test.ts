import { describe, expect, it } from 'vitest';
import {
  datasetDriftDetected,
  modelDeployed,
  modelRegistered,
  runCompleted,
  runStatusChanged,
} from '../../../local/event-grid/ml-events.ts';
import { epochMs } from '../../../shared/platform/time.ts';

const BASE = { topic: '/workspaces/ws', id: 'e', at: epochMs(1_767_225_600_000) };
const RUN = { ...BASE, experimentId: 'x', experimentName: 'exp', runId: 'r' };
const RUN_DATA = {
  experimentId: 'x',
  experimentName: 'exp',
  runId: 'r',
  runType: null,
  runTags: {},
  runProperties: {},
};

describe('Azure ML events', () => {
  it.each([
    [
      'ModelRegistered',
      modelRegistered({ ...BASE, name: 'heart', version: '2', tags: { a: 'b' }, properties: { c: 'd' } }),
      'models/heart:2',
      { ModelName: 'heart', ModelVersion: '2', ModelTags: { a: 'b' }, ModelProperties: { c: 'd' } },
    ],
    [
      'ModelDeployed',
      modelDeployed({
        ...BASE,
        serviceName: 'svc',
        computeType: 'Managed',
        models: [
          { name: 'a', version: '1' },
          { name: 'b', version: '2' },
        ],
      }),
      'endpoints/svc',
      {
        ServiceName: 'svc',
        ServiceComputeType: 'Managed',
        ModelIds: 'a:1,b:2',
        ServiceTags: {},
        ServiceProperties: {},
      },
    ],
    ['RunCompleted', runCompleted(RUN), 'experiments/x/runs/r', RUN_DATA],
    [
      'RunStatusChanged',
      runStatusChanged({ ...RUN, status: 'failed', runType: 'azureml.scriptrun' }),
      'experiments/x/runs/r',
      { ...RUN_DATA, runType: 'azureml.scriptrun', runStatus: 'failed' },
    ],
    [
      'DatasetDriftDetected',
      datasetDriftDetected({
        ...BASE,
        driftId: 'd',
        driftName: 'name',
        runId: 'r',
        baseDatasetId: 'b',
        targetDatasetId: 't',
        coefficient: 0.83,
        startAt: epochMs(0),
        endAt: epochMs(1),
      }),
      'datadrifts/d/runs/r',
      {
        DataDriftId: 'd',
        DataDriftName: 'name',
        RunId: 'r',
        BaseDatasetId: 'b',
        TargetDatasetId: 't',
        DriftCoefficient: 0.83,
        StartTime: '1970-01-01T00:00:00.000Z',
        EndTime: '1970-01-01T00:00:00.001Z',
      },
    ],
  ])('write %s as documented', (type, event, subject, data) => {
    expect(event).toEqual({
      id: 'e',
      topic: '/workspaces/ws',
      subject,
      eventType: `Microsoft.MachineLearningServices.${type}`,
      eventTime: '2026-01-01T00:00:00.000Z',
      dataVersion: '1.0',
      data,
    });
  });
});
