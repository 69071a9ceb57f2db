import { describe, expect, it } from 'vitest';
import { createModel } from '../../../shared/registry/create-model.ts';
import { createVersion } from '../../../shared/registry/create-version.ts';
import { downloadUriOf, getModelVersion } from '../../../shared/registry/get-version.ts';
import type { TrackedArtifacts } from '../../../shared/registry/services.ts';
import { createRegistryServices } from '../../support/registry/registry-server.ts';

const CAUSE = { causedBy: 'test', correlationId: 'test' };

const tracked: TrackedArtifacts = {
  ofLoggedModel: async (id) =>
    id === 'm-1' ? { artifactUri: 'mlflow-artifacts:/0/models/m-1/artifacts', sourceRunId: 'r1' } : undefined,
  ofRun: async (runId, path) => (runId === 'r1' ? `mlflow-artifacts:/0/r1/artifacts/${path}` : undefined),
  noteVersion: async () => {},
};

describe('a source that our own tracking store knows', () => {
  it.each([
    [
      { source: 'models:/m-1' },
      'mlflow-artifacts:/0/models/m-1/artifacts',
      'r1',
      'mlflow-artifacts:/0/models/m-1/artifacts',
    ],
    [
      { source: 'models:/m-1', runId: 'mine' },
      'mlflow-artifacts:/0/models/m-1/artifacts',
      'mine',
      'mlflow-artifacts:/0/models/m-1/artifacts',
    ],
    [{ source: 'models:/m-2' }, undefined, '', 'models:/m-2'],
    [{ source: 'runs:/r1/model' }, 'mlflow-artifacts:/0/r1/artifacts/model', '', 'runs:/r1/model'],
    [
      { source: 'runs:/r2/model', loggedModelId: 'm-1' },
      'mlflow-artifacts:/0/models/m-1/artifacts',
      'r1',
      'runs:/r2/model',
    ],
    [{ source: 's3://bucket', loggedModelId: 'm-1' }, undefined, '', 's3://bucket'],
  ])('%j is at %s', async (wish, location, runId, downloadUri) => {
    const services = { ...createRegistryServices(), tracked };
    await createModel(services, { name: 'heart' }, CAUSE);
    await createVersion(services, { name: 'heart', ...wish }, CAUSE);
    const version = await getModelVersion(services, 'heart', '1');
    expect([version.location, version.runId, downloadUriOf(version)]).toEqual([location, runId, downloadUri]);
  });
});
