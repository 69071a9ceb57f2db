import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createMachineLearningModels,
  type MachineLearningModels,
} from '../../../shared/azure/machine-learning/create-machine-learning-models.ts';
import { ArmCalls } from '../../support/machine-learning/arm-calls.ts';
import { ARM_TOKEN, WORKSPACE_ID, WorkspaceFixture } from '../../support/machine-learning/workspace-fixture.ts';

let fixture: WorkspaceFixture;
let models: MachineLearningModels;

const SHORT = 'azureml://datastores/workspaceartifactstore/paths/ExperimentRun/r1/model';
const LONG =
  'azureml://subscriptions/s/resourcegroups/rg/workspaces/ws/datastores/workspaceblobstore/paths/LocalUpload/a b/model';

beforeAll(async () => {
  fixture = await WorkspaceFixture.create();
  await fixture.start();
  models = createMachineLearningModels({
    armEndpoint: fixture.url,
    workspaceId: WORKSPACE_ID,
    apiVersion: '2024-04-01',
    credential: { token: ARM_TOKEN },
  });
  const properties = {
    modelUri: SHORT,
    modelType: 'mlflow_model',
    jobName: 'r1',
    tags: { stage: 'x' },
    properties: { p: '1' },
  };
  await new ArmCalls(fixture).arm('PUT', '/models/Heart/versions/3', { properties });
});
afterAll(() => fixture.dispose());

describe('MachineLearningModels', () => {
  it('reads a version', async () => {
    expect(await models.getModelVersion('Heart', '3')).toEqual({
      ...{ name: 'Heart', version: '3', modelUri: SHORT, modelType: 'mlflow_model', runId: 'r1' },
      ...{ tags: { stage: 'x' }, properties: { p: '1' } },
    });
    expect(await models.getModelVersion('heart', '3')).toBeUndefined();
  });

  it.each([
    { form: 'short', uri: SHORT, container: 'artifacts', path: 'ExperimentRun/r1/model' },
    { form: 'long', uri: LONG, container: 'workspaceblobstore', path: 'LocalUpload/a b/model' },
  ])('resolves the $form form of a datastore path', async ({ uri, container, path }) => {
    expect(await models.resolveDatastorePath(uri)).toEqual({ account: 'devstoreaccount1', container, path });
  });

  it('refuses other URIs and datastores that are not there', async () => {
    await expect(models.resolveDatastorePath('runs:/r1/model')).rejects.toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
    });
    await expect(models.resolveDatastorePath('azureml://datastores/none/paths/x')).rejects.toMatchObject({
      code: 'RESOURCE_DOES_NOT_EXIST',
    });
  });
});
