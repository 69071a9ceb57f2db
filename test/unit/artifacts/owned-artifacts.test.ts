import { beforeEach, describe, expect, it } from 'vitest';
import type { MlflowServices } from '../../../functions/http/mlflow/services.ts';
import { trackedArtifactsOf } from '../../../functions/neighbours.ts';
import { silentLogger } from '../../../shared/platform/logging.ts';
import { getModelVersion } from '../../../shared/registry/get-version.ts';
import {
  createRegistryServices,
  type MlflowClient,
  mlflowClient,
  send,
} from '../../support/registry/registry-server.ts';

const STORE = 'api/2.0/mlflow-artifacts/artifacts';

let services: MlflowServices;
let client: MlflowClient;
let runId: string;

beforeEach(async () => {
  const bare = createRegistryServices();
  services = { ...bare, tracked: trackedArtifactsOf(bare, silentLogger) };
  client = mlflowClient(services);
  runId = (await client.post('runs/create', { experiment_id: '0', start_time: 1 })).run.info.run_id;
});

const put = (path: string, body = 'xyz') => send(services, { method: 'PUT', path: `${STORE}/${path}`, body });
const get = (path: string, query: Record<string, string>) =>
  send(services, { method: 'GET', path, query: new URLSearchParams(query) });

describe('the artifacts of a run', () => {
  beforeEach(async () => {
    for (const path of ['notes/b.txt', 'notes/deep/c.txt', 'a.json']) await put(`0/${runId}/artifacts/${path}`);
  });

  it.each(['run_id', 'run_uuid'])('are listed by %s, with whole paths', async (name) => {
    const root_uri = `mlflow-artifacts:/0/${runId}/artifacts`;
    expect(await client.get('artifacts/list', { [name]: runId })).toEqual({
      root_uri,
      files: [
        { path: 'a.json', is_dir: false, file_size: 3 },
        { path: 'notes', is_dir: true },
      ],
    });
    expect(await client.get('artifacts/list', { [name]: runId, path: 'notes' })).toEqual({
      root_uri,
      files: [
        { path: 'notes/b.txt', is_dir: false, file_size: 3 },
        { path: 'notes/deep', is_dir: true },
      ],
    });
    for (const path of ['a.json', 'none']) {
      expect(await client.get('artifacts/list', { [name]: runId, path })).toEqual({ root_uri });
    }
  });

  it.each(['get-artifact', 'ajax-api/2.0/mlflow/get-artifact'])('are downloaded from %s', async (place) => {
    const { bytes, headers } = await get(place, { run_uuid: runId, path: 'notes/b.txt' });
    expect([bytes.toString(), headers?.['Content-Disposition']]).toEqual(['xyz', 'attachment; filename=b.txt']);
    expect((await get(place, { run_id: runId, path: 'none' })).status).toBe(404);
    expect((await get(place, { run_id: 'f'.repeat(32), path: 'a.json' })).status).toBe(404);
    expect((await get(place, { path: 'a.json' })).status).toBe(400);
    expect((await get(place, { run_id: runId, path: '../../x' })).json.message).toBe('Invalid path');
  });

  it('are uploaded by MLflow’s pages', async () => {
    const query = new URLSearchParams({ run_uuid: runId, path: 'new/file.txt' });
    await send(services, { method: 'POST', path: 'ajax-api/2.0/mlflow/upload-artifact', query, body: 'new' });
    expect((await get('get-artifact', { run_id: runId, path: 'new/file.txt' })).bytes.toString()).toBe('new');
  });

  it('cannot be given out when they are kept elsewhere', async () => {
    const { experiment_id } = await client.post('experiments/create', {
      name: 'elsewhere',
      artifact_location: 's3://bucket/x',
    });
    const { run } = await client.post('runs/create', { experiment_id, start_time: 1 });
    const { status, json } = await get('api/2.0/mlflow/artifacts/list', { run_id: run.info.run_id });
    expect([status, json.error_code]).toEqual([409, 'INVALID_STATE']);
  });
});

describe('the artifacts of a logged model', () => {
  it('are listed and downloaded', async () => {
    const { model } = await client.post('logged-models', { experiment_id: '0', name: 'model' });
    const id = model.info.model_id;
    await put(`0/models/${id}/artifacts/MLmodel`);
    await put(`0/models/${id}/artifacts/code/x.py`);
    expect(await client.get(`logged-models/${id}/artifacts/directories`)).toEqual({
      root_uri: model.info.artifact_uri,
      files: [
        { path: 'MLmodel', is_dir: false, file_size: 3 },
        { path: 'code', is_dir: true },
      ],
    });
    expect(
      (await client.get(`logged-models/${id}/artifacts/directories`, { artifact_directory_path: 'code' })).files,
    ).toEqual([{ path: 'code/x.py', is_dir: false, file_size: 3 }]);
    const files = `ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files`;
    expect((await get(files, { artifact_file_path: 'MLmodel' })).bytes.toString()).toBe('xyz');
    expect((await get(files, { artifact_file_path: 'none' })).status).toBe(404);
  });
});

describe('a version of what a run logged', () => {
  const locationOf = async (source: string) => {
    const { model_version } = await client.post('model-versions/create', { name: 'heart', source });
    return (await getModelVersion(services, 'heart', model_version.version)).location;
  };

  it('is where the run has it, or where the logged model of that name is', async () => {
    await client.post('registered-models/create', { name: 'heart' });
    expect(await locationOf(`runs:/${runId}/model`)).toBe(`mlflow-artifacts:/0/${runId}/artifacts/model`);

    const { model } = await client.post('logged-models', { experiment_id: '0', name: 'model', source_run_id: runId });
    expect(await locationOf(`runs:/${runId}/model`)).toBe(`mlflow-artifacts:/0/${runId}/artifacts/model`);
    await client.patch(`logged-models/${model.info.model_id}`, { status: 'LOGGED_MODEL_READY' });
    expect(await locationOf(`runs:/${runId}/model`)).toBe(model.info.artifact_uri);
    expect(await locationOf(`runs:/${'f'.repeat(32)}/model`)).toBeUndefined();
  });
});
